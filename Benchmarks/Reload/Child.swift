import Glibc

/// Other programs, run to their end.
enum Child {
  /// Runs this program with other arguments.
  ///
  /// - Returns: Its exit status; 255 when it did not exit.
  static func run(_ arguments: [String]) -> Int32 {
    run("/proc/self/exe", [CommandLine.arguments.first ?? "bench-reload"] + arguments)
  }

  /// Runs a program. The corresponding C function is `posix_spawnp`.
  ///
  /// - Parameters:
  ///   - program: Its path, or a name on the path.
  ///   - arguments: With its name first.
  /// - Returns: Its exit status; 255 when it did not exit.
  static func run(_ program: String, _ arguments: [String]) -> Int32 {
    var raw: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe raw.forEach { unsafe free($0) } }
    var child = pid_t()
    guard unsafe posix_spawnp(&child, program, nil, nil, &raw, environ) == 0 else { return 255 }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? status >> 8 & 0xff : 255
  }
}
