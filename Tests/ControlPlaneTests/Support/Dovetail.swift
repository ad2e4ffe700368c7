import FoundationEssentials
import Glibc
import HostSupport
import TestSupport

/// A finished run of the built `dovetail`.
struct Dovetail {
  let status: Int32
  let output: String
  let errors: String

  /// Where the build put its products: beside the running tests.
  static var buildFolder: String {
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
  }

  /// Runs a command line to its end.
  ///
  /// - Parameters:
  ///   - arguments: Without the program's name.
  ///   - environment: All of it, but for `PATH` and `HOME`.
  /// - Throws: The system's error when it cannot be started.
  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    try self.init(
      program: "\(Dovetail.buildFolder)/dovetail", arguments, environment: environment)
  }

  /// Runs a program, found by `PATH`, to its end.
  init(program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    let directory = TemporaryDirectory()
    let all = environment.merging(["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]) { own, _ in own
    }
    status = try Dovetail.spawn([program] + arguments, all, directory)
    output = Dovetail.text(directory.file("out"))
    errors = Dovetail.text(directory.file("err"))
  }

  private static func text(_ path: String) -> String {
    guard let file = try? FileDescriptor.open(path, O_RDONLY),
      let bytes = try? file.read(8 << 20, at: 0)
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func spawn(
    _ words: [String], _ environment: [String: String], _ directory: TemporaryDirectory
  ) throws -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let create = O_WRONLY | O_CREAT
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, directory.file("out"), create, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, directory.file("err"), create, 0o600)
    let vector = unsafe words.map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup("\($0)=\($1)") } + [nil]
    defer { unsafe (vector + variables).forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawnp(&child, words[0], &actions, nil, vector, variables)
    guard code == 0 else { throw SystemError("posix_spawn", words[0], code: code) }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }
}
