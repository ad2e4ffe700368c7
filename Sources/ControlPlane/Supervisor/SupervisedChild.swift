import Glibc
import HostSupport

/// The process of a host that a supervisor started, and what it tells of itself.
struct SupervisedChild: ~Copyable {
  /// How a process ended.
  enum Ending: Equatable {
    /// By `exit`, with a status.
    case exited(Int32)
    /// By a signal.
    case killed(signal: Int32)
  }

  /// Its process, the leader of a process group of its own: a terminal's Ctrl-C reaches the supervisor alone.
  let pid: pid_t
  /// Where its messages can be read.
  let link: FileDescriptor

  /// Starts this program once more. The corresponding C function is `posix_spawn`.
  ///
  /// - Parameters:
  ///   - arguments: All of them, the program's name first.
  ///   - environment: All of it.
  ///   - start: What the host is told, given the descriptor that it is to write to.
  /// - Returns: The process, running.
  /// - Throws: The system's error when there is no process to be had.
  static func start(
    _ arguments: [String], environment: [String: String], telling start: (Int32) -> SupervisedStart
  ) throws(SystemError) -> SupervisedChild {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
    let ours = FileDescriptor(owning: ends[0])
    let theirs = FileDescriptor(owning: ends[1])
    var all = environment
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { all[name] = nil }
    all[SupervisedStart.variable] = start(theirs.raw).text
    let pid = try spawn(arguments, all, keeping: theirs.raw)
    return SupervisedChild(pid: pid, link: ours)
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String: String], keeping descriptor: Int32
  ) throws(SystemError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    // To itself: it stays open in the child.
    unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup("\($0)=\($1)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var child = pid_t()
    let program = "/proc/self/exe"
    let code = unsafe posix_spawn(&child, program, &actions, &attributes, words, variables)
    guard code == 0 else { throw SystemError("posix_spawn", program, code: code) }
    return child
  }

  /// Sends it a signal; not after `reap` gave its ending.
  func signal(_ number: Int32) { _ = kill(pid, number) }

  /// How it ended; `nil` while it runs. Also lets go of orphans, which the first process of a container inherits.
  func reap() -> Ending? {
    while true {
      var status: Int32 = 0
      let ended = unsafe waitpid(-1, &status, WNOHANG)
      if ended < 0, errno == EINTR { continue }
      guard ended > 0 else { return nil }
      guard ended == pid else { continue }
      let signal = status & 0x7F
      return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    }
  }

  /// The messages that are there, in order; never waits.
  ///
  /// - Returns: Them, and whether there can be no more.
  func messages() -> (texts: [String], isClosed: Bool) {
    var texts: [String] = []
    var room = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = unsafe recv(link.raw, &room, room.count, Int32(MSG_DONTWAIT))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return (texts, count == 0) }
      texts.append(String(decoding: room.prefix(count), as: UTF8.self))
    }
  }
}
