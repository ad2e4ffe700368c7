public import HostSupport

/// Why a state directory cannot be used.
public enum StateDirectoryError: Error, Equatable, CustomStringConvertible {
  /// Another host has it; `pid` is 0 when it did not say who it is.
  case inUse(path: String, pid: Int32, alive: Bool)
  /// Its file system does not let code be mapped.
  case noExecute(path: String)
  /// The path of its control socket does not fit into a socket address.
  case socketPathTooLong(path: String, length: Int)
  /// It belongs to another user.
  case foreign(path: String, owner: UInt32)
  /// The system refused a step.
  case system(path: String, SystemError)

  /// The whole error in one line, with what to do next.
  public var description: String {
    switch self {
    case .inUse(let path, 0, _):
      "state directory \(path): another host uses it; stop that one or give this one --state DIR"
    case .inUse(let path, let pid, true):
      "state directory \(path): the host with pid \(pid) uses it; "
        + "stop that one or give this one --state DIR"
    case .inUse(let path, let pid, false):
      "state directory \(path): the host with pid \(pid) has ended, but a process that it started "
        + "still holds the lock; end that process (`fuser \(path)/lock` names it)"
    case .noExecute(let path):
      "state directory \(path): its file system is mounted noexec, so no plugin can be mapped "
        + "from it; give --state a directory on another file system, or remount it with exec"
    case .socketPathTooLong(let path, let length):
      "state directory \(path): the path of its control socket has \(length) bytes, and a socket "
        + "address holds 107; give --state a shorter path"
    case .foreign(let path, let owner):
      "state directory \(path): it belongs to the user with id \(owner); "
        + "run as that user or give --state a directory of your own"
    case .system(let path, let error):
      "state directory \(path): \(error)"
    }
  }
}
