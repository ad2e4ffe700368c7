public import PluginHost

/// Why a command ended without success: what to print and which status to exit with.
public struct CommandFailure: Error, Sendable, Equatable {
  /// The exit status.
  public let exitCode: ExitCode
  /// For programs: an operation's code, "usage", "no-host" or "broken".
  public let code: String
  /// The id of the plugin concerned.
  public let plugin: String?
  /// What happened and why, in one line.
  public let message: String
  /// The one thing to do next.
  public let advice: String?

  /// A wrong command line.
  public static func usage(_ message: String, advice: String? = nil) -> CommandFailure {
    CommandFailure(.usage, "usage", message, advice: advice)
  }

  /// Describes a failure.
  public init(
    _ exitCode: ExitCode, _ code: String, _ message: String, plugin: String? = nil,
    advice: String? = nil
  ) {
    self.exitCode = exitCode
    self.code = code
    self.plugin = plugin
    self.message = message
    self.advice = advice
  }

  /// Takes over an operation's error.
  public init(_ error: OperationError) {
    self.init(
      ExitCode(error.code), error.code.rawValue, error.message, plugin: error.plugin,
      advice: error.advice)
  }

  /// Takes over a client's error.
  public init(_ error: ControlError) {
    let code =
      switch error {
      case .noHost: "no-host"
      case .timeout: "timeout"
      case .broken: "broken"
      case .rejected: "rejected"
      case .operation(let operation): operation.code.rawValue
      }
    var plugin: String?
    if case .operation(let operation) = error { plugin = operation.plugin }
    self.init(ExitCode(error), code, error.message, plugin: plugin, advice: error.advice)
  }
}
