public import PluginHost

/// The exit status of `dovetail`. The numbers are stable: scripts rely on them.
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// Everything was done.
  case ok = 0
  /// The operation began and failed.
  case failed = 1
  /// The command line is wrong.
  case usage = 2
  /// No host answers, or the connection broke.
  case noHost = 3
  /// There is no such plugin, file, record or service.
  case notFound = 4
  /// The host refuses: a rule, a limit, a permission, a dependency or a conflict stands in the way.
  case refused = 5
  /// Time ran out.
  case timeout = 6
  /// Nobody can answer now; the same command may succeed later.
  case unavailable = 7
  /// The host died so often that its supervisor gave up.
  case gaveUp = 8

  /// What it means, as `dovetail help exit-codes` prints it.
  public var meaning: String {
    switch self {
    case .ok: "everything was done"
    case .failed: "the operation began and failed"
    case .usage: "the command line is wrong"
    case .noHost: "no host answers, or the connection broke"
    case .notFound: "there is no such plugin, file, record or service"
    case .refused: "refused: a rule, a limit, a permission, a dependency or a conflict"
    case .timeout: "time ran out"
    case .unavailable: "nobody can answer now; the same command may succeed later"
    case .gaveUp: "the host died so often that its supervisor gave up"
    }
  }

  /// The exit status for a failed operation.
  public init(_ code: OperationCode) {
    self =
      switch code {
      case .failed: .failed
      case .notFound: .notFound
      case .exists, .blocked, .refused, .denied, .conflict: .refused
      case .timeout: .timeout
      case .invalid: .usage
      case .unavailable: .unavailable
      }
  }

  /// The exit status for a command that got no result.
  public init(_ error: ControlError) {
    self =
      switch error {
      case .noHost, .broken: .noHost
      case .timeout: .timeout
      case .rejected: .failed
      case .operation(let error): ExitCode(error.code)
      }
  }
}
