public import HostSupport

/// Why a log cannot be used.
public enum EventLogError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A system call failed.
  case system(SystemError)
  /// A newer program wrote it.
  case newer(file: String, format: UInt32)

  /// What happened and what to do, in one line.
  public var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .newer(let file, let format):
      "\(file) has format \(format), which only a newer dovetail reads; move the folder away to begin a new log"
    }
  }
}
