import Glibc
import HostSupport
import Synchronization

/// A program that runs beside the tests, with both its streams in files. It is killed when the value is released.
public final class ChildProcess: Sendable {
  /// How a process ended.
  public enum Ending: Equatable, Sendable {
    /// It called `exit`, or returned from `main`, with this status.
    case exited(Int32)
    /// This signal ended it.
    case killed(signal: Int32)
  }

  /// Its process id.
  public let pid: Int32
  private let directory = TemporaryDirectory()
  private let ending = Mutex<Ending?>(nil)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - words: Its path and its arguments.
  ///   - environment: All of it, but for `PATH`.
  ///   - blocksSignals: Whether all signals are blocked in it at first, else none is.
  /// - Throws: The system's error when it cannot be started.
  public init(
    _ words: [String], environment: [String: String] = [:], blocksSignals: Bool = false
  ) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let create = O_WRONLY | O_CREAT | O_APPEND
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, directory.file("out"), create, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, directory.file("err"), create, 0o600)
    let all = environment.merging(["PATH": "/usr/bin:/bin"]) { own, _ in own }
    let vector = unsafe words.map { unsafe strdup($0) } + [nil]
    let variables = unsafe all.map { unsafe strdup("\($0)=\($1)") } + [nil]
    defer { unsafe (vector + variables).forEach { unsafe free($0) } }
    var child: pid_t = 0
    // The threads that tests run on block signals of their own accord.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    if blocksSignals { unsafe sigfillset(&mask) } else { unsafe sigemptyset(&mask) }
    unsafe posix_spawnattr_setsigmask(&attributes, &mask)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let code = unsafe posix_spawn(&child, words[0], &actions, &attributes, vector, variables)
    guard code == 0 else { throw SystemError("posix_spawn", words[0], code: code) }
    pid = child
  }

  deinit {
    if poll() == nil {
      kill(pid, SIGKILL)
      while poll() == nil { _ = Glibc.poll(nil, 0, 1) }
    }
  }

  /// How it ended; `nil` while it runs.
  public func poll() -> Ending? {
    ending.withLock { ending in
      if ending != nil { return ending }
      var status: Int32 = 0
      guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return nil }
      let signal = status & 0x7F
      ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
      return ending
    }
  }

  /// Waits for its end.
  ///
  /// - Returns: How it ended; `nil` when it still runs after so many milliseconds.
  public func wait(milliseconds: Int = 30_000) -> Ending? {
    Condition.wait(milliseconds: milliseconds) { self.poll() }
  }

  /// Sends it a signal.
  public func signal(_ signal: Int32) { kill(pid, signal) }

  /// What it wrote to standard output so far.
  public var output: String { text("out") }

  /// What it wrote to standard error so far.
  public var errors: String { text("err") }

  private func text(_ name: String) -> String {
    guard let file = try? FileDescriptor.open(directory.file(name), O_RDONLY),
      let bytes = try? file.read(16 << 20, at: 0)
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
