/// How much a log record matters, as in syslog.
public enum LogLevel: String, Sendable, Codable, CaseIterable, Comparable {
  /// For whoever follows a single event through the host.
  case trace
  /// For whoever looks for a fault.
  case debug
  /// What happens in normal work.
  case info
  /// Unusual, but nothing is lost.
  case warning
  /// Something did not work.
  case error

  private var rank: Int {
    switch self {
    case .trace: 0
    case .debug: 1
    case .info: 2
    case .warning: 3
    case .error: 4
    }
  }

  /// Whether one level matters less than another.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
