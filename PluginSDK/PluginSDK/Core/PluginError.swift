/// A failure that crosses the boundary between a plugin and its host, in either direction.
public struct PluginError: Error, Sendable {
  /// What kind of failure it is.
  public let code: Code
  /// What happened, why, and the next step; one line.
  public let message: String
  /// Whose error it is: a plugin's id, or `dovetail`; empty for the plugin's own.
  public let domain: String
  /// Whether the same call may succeed later.
  public let isRetryable: Bool

  /// Describes a failure; throw it from any callback to report it to the host.
  ///
  /// - Parameters:
  ///   - code: What kind of failure it is.
  ///   - message: What happened, why, and the next step; one line.
  ///   - domain: Whose error it is; the plugin's own when omitted.
  ///   - isRetryable: Whether the same call may succeed later.
  public init(
    _ code: Code, _ message: String, domain: String = "", isRetryable: Bool = false
  ) {
    self.code = code
    self.message = message
    self.domain = domain
    self.isRetryable = isRetryable
  }
}

#if !hasFeature(Embedded)
  extension PluginError: Equatable, CustomStringConvertible {
    /// The message, or the code's name when there is none.
    public var description: String { message.isEmpty ? code.name : message }
  }
#endif
