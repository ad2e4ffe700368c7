import FoundationEssentials
import Glibc

/// Runs programs and collects what they print.
public enum Program {
  /// What a program left.
  public struct Outcome: Sendable {
    /// Exit status; 128 and the signal's number when it died of one.
    public let status: Int32
    /// What it wrote to its standard output and error, in order.
    public let output: String
  }

  /// The folder that the tests' executables lie in.
  public static var buildFolder: String {
    var path = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &path, path.count - 1)
    guard length > 0 else { return ".build/debug" }
    let bytes = path[..<length].map { UInt8(bitPattern: $0) }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasPrefix("/opt") || !text.contains("/.build/")
      ? "\(repositoryRoot)/.build/debug"
      : String(text[..<(text.lastIndex(of: "/") ?? text.endIndex)])
  }

  /// The repository's top folder.
  public static var repositoryRoot: String {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
  }

  /// Runs a program to its end. The corresponding C function is `posix_spawn`.
  ///
  /// - Parameter arguments: The program's path first.
  /// - Returns: Status and output.
  public static func run(_ arguments: [String]) -> Outcome {
    let folder = TemporaryDirectory()
    let file = folder.file("output")
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    var vector = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe vector.forEach { unsafe free($0) } }
    var pid = pid_t()
    let code = unsafe posix_spawn(&pid, arguments[0], &actions, nil, &vector, environ)
    guard code == 0 else {
      return Outcome(status: 127, output: "posix_spawn \(arguments[0]): error \(code)")
    }
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    return Outcome(
      status: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f, output: text)
  }
}
