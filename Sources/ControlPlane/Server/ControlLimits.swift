/// How much of a host's memory and time its control connections may take.
public struct ControlLimits: Sendable {
  /// The most bytes of one request, its newline left out.
  public var requestBytes = 8 << 20
  /// The most connections at a time.
  public var connections = 64
  /// Milliseconds that a connection may wait for its next request, and that a request may take to arrive.
  public var idleMilliseconds = 30_000
  /// Milliseconds that the other side may take to accept one reply or notification.
  public var writeMilliseconds = 10_000
  /// The most notifications that wait for a slow follower; what comes then is dropped and counted.
  public var queuedNotifications = 1_024
  /// The most payload bytes that wait for a slow follower.
  public var queuedBytes = 16 << 20

  /// The limits that PROTOCOL.md documents.
  public init() {}
}
