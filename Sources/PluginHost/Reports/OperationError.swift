/// An operation that a host refused or could not finish: what happened, to which plugin, why, and the next step.
public struct OperationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is, for programs.
  public let code: OperationCode
  /// The id of the plugin concerned; `nil` when it is none in particular.
  public let plugin: String?
  /// What happened and why, in one line without a final full stop.
  public let message: String
  /// The one thing to do next, in one line; `nil` when there is nothing to do.
  public let advice: String?

  /// Describes a failure.
  ///
  /// - Parameters:
  ///   - code: What kind of failure it is.
  ///   - plugin: The id of the plugin concerned.
  ///   - message: What happened and why.
  ///   - advice: The one thing to do next.
  public init(
    _ code: OperationCode, plugin: String? = nil, _ message: String, advice: String? = nil
  ) {
    self.code = code
    self.plugin = plugin
    self.message = message
    self.advice = advice
  }

  /// Message and advice in one line.
  public var description: String {
    guard let advice else { return message }
    return "\(message): \(advice)"
  }
}
