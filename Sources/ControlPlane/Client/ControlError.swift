public import PluginHost

/// Why a command to a host got no result.
public enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Nobody listens on the socket.
  case noHost(socket: String, reason: String)
  /// The host did not answer in time.
  case timeout(method: String, milliseconds: Int)
  /// The connection or its content broke.
  case broken(String)
  /// The host answered with an error of the protocol's own.
  case rejected(code: Int, message: String)
  /// The host answered that the operation failed.
  case operation(OperationError)

  /// What happened and why, in one line.
  public var message: String {
    switch self {
    case .noHost(let socket, let reason): "no host answers at \(socket) (\(reason))"
    case .timeout(let method, let milliseconds):
      "the host did not answer \(method) within \(milliseconds) ms"
    case .broken(let reason): reason
    case .rejected(_, let message): "the host rejected the request: \(message)"
    case .operation(let error): error.message
    }
  }

  /// The one thing to do next, `nil` when there is nothing to do.
  public var advice: String? {
    switch self {
    case .noHost:
      "start one with `dovetail run --plugins DIR`, or name it with --name, --state or --socket"
    case .timeout: "give it more time with --timeout MS, or look at `dovetail doctor`"
    case .broken: "see the host's log; host and command should be of one version"
    case .rejected: "host and command should be of one version: compare `dovetail version`"
    case .operation(let error): error.advice
    }
  }

  /// Message and advice in one line.
  public var description: String {
    advice.map { "\(message): \($0)" } ?? message
  }
}
