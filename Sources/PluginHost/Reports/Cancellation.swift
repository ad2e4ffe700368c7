/// Ends a tap or a watch.
public struct Cancellation: Sendable {
  private let body: @Sendable () -> Void

  /// Wraps what ends it; `body` must bear being called twice.
  public init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
  }

  /// Ends it: when this returns, the handler is not called again and no call is happening. Callable from any thread but the
  /// handler's own.
  public func cancel() { body() }
}
