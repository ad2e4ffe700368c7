public import PluginSDK

/// A reply, and who gave it.
public struct Executed<Reply: Sendable>: Sendable {
  /// The reply.
  public let reply: Reply
  /// Why the fallback gave it; `nil` when the service itself did.
  public let cause: PluginError.Code?
}
