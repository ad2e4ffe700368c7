import Glibc
public import HostSupport

/// Proves an image with constructors in a throw-away process before the host maps it.
///
/// The parent starts an executable that does nothing but call `main(path:)`; what the image does in there harms nobody.
/// It answers on descriptor 3, so that constructors may print what they like.
public enum LoadProbe {
  /// What became of an image in the throw-away process.
  public enum Outcome: Sendable, Equatable {
    /// It can be mapped.
    case loaded
    /// `dlopen` refused it, in its own words.
    case refused(String)
    /// A signal ended the process in a constructor.
    case crashed(signal: Int32)
    /// A constructor called `exit` or `_exit` with a status.
    case exited(status: Int32)
    /// A constructor had not returned by the deadline; the process was killed.
    case hung
  }

  /// The argument before the path with which a host starts its own executable; that must then end by
  /// `_exit(LoadProbe.main(path:))`.
  public static let argument = "__probe"

  /// The throw-away process: maps the image and answers. The corresponding C function is `dlopen`.
  ///
  /// - Parameters:
  ///   - path: The staged image.
  ///   - answer: The descriptor to answer on.
  /// - Returns: The process's exit status; the caller ends it by `_exit` with that, so that no destructor runs.
  public static func main(path: String, answer: Int32 = 3) -> Int32 {
    guard unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) != nil else {
      let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "?"
      reply("-\(reason)", on: answer)
      return 1
    }
    reply("+", on: answer)
    return 0
  }

  private static func reply(_ text: String, on answer: Int32) {
    let bytes = Array(text.utf8.prefix(2_000))
    _ = unsafe write(answer, bytes, bytes.count)
  }

  /// Starts the throw-away process and waits for its answer. The corresponding C function is `posix_spawn`.
  ///
  /// - Parameters:
  ///   - path: The staged image.
  ///   - executable: What to start, usually `/proc/self/exe`.
  ///   - arguments: What makes it call `main(path:)`; the path is appended.
  ///   - deadline: When to kill it.
  /// - Returns: What became of the image.
  /// - Throws: The system's error when there is no process to be had.
  public static func run(
    path: String, executable: String, arguments: [String], deadline: Deadline
  ) throws(SystemError) -> Outcome {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
    let ours = FileDescriptor(owning: ends[0])
    let theirs = FileDescriptor(owning: ends[1])
    let child = try spawn(executable, [executable] + arguments + [path], answer: theirs.raw)
    _ = consume theirs
    let answered = waitForEnd(ours, until: deadline)
    if !answered.ended { kill(child, SIGKILL) }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return outcome(answered.text, ended: answered.ended, status: status)
  }

  private static func outcome(_ text: String, ended: Bool, status: Int32) -> Outcome {
    if text.hasPrefix("+") { return .loaded }
    if text.hasPrefix("-") { return .refused(String(text.dropFirst())) }
    guard ended else { return .hung }
    let signal = status & 0x7f
    return signal == 0 ? .exited(status: status >> 8 & 0xff) : .crashed(signal: signal)
  }

  private static func spawn(
    _ executable: String, _ arguments: [String], answer descriptor: Int32
  ) throws(SystemError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, 3)
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    unsafe argv.append(nil)
    defer { unsafe argv.forEach { unsafe free($0) } }
    var child = pid_t()
    let code = unsafe posix_spawn(&child, executable, &actions, nil, argv, environ)
    guard code == 0 else { throw SystemError("posix_spawn", executable, code: code) }
    return child
  }

  /// Reads until an answer or the process's end.
  private static func waitForEnd(
    _ ours: borrowing FileDescriptor, until deadline: Deadline
  ) -> (text: String, ended: Bool) {
    var bytes = [UInt8](repeating: 0, count: 2_048)
    while true {
      let left = deadline.remaining.map { Int32(clamping: $0 / 1_000_000 + 1) } ?? -1
      var waiting = pollfd(fd: ours.raw, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&waiting, 1, deadline.hasPassed ? 0 : left)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return ("", false) }
      let n = unsafe read(ours.raw, &bytes, bytes.count)
      if n < 0 && errno == EINTR { continue }
      return (String(decoding: bytes.prefix(max(0, n)), as: UTF8.self), n <= 0)
    }
  }
}
