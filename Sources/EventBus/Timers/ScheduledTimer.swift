import HostSupport

/// One timer: what to call, and when.
///
/// Threading: mutable parts are touched under the scheduler's lock only.
@safe public final class ScheduledTimer: @unchecked Sendable {
  // Safe: `standing` and `next` change under the scheduler's lock; the rest is immutable.
  enum Standing { case waiting, running, suspended }

  /// Whose it is.
  public let owner: Owner
  /// Unique in its owner.
  public let name: String
  /// Milliseconds between calls; `nil` for one call.
  public let interval: Int?
  /// What its calls run through.
  public let callable: Callable
  var standing = Standing.waiting
  var next: Deadline
  private let body: (Callable) -> CallResult

  /// Describes a timer.
  ///
  /// - Parameters:
  ///   - owner: Whose it is.
  ///   - name: Unique in its owner.
  ///   - delay: Milliseconds until the first call.
  ///   - interval: Milliseconds between calls, 1…; `nil` for one call.
  ///   - body: Makes the call through the callable it is given.
  public init(
    owner: Owner, name: String, delay: Int, interval: Int?,
    body: @escaping @Sendable (Callable) -> CallResult
  ) {
    self.owner = owner
    self.name = name
    self.interval = interval
    self.body = body
    callable = unsafe Callable(owner: owner, inPlugin: true, label: "timer \(name)")
    next = .after(milliseconds: delay)
  }

  var isDue: Bool { standing == .waiting && next.hasPassed }

  func fire() -> CallResult { body(callable) }

  /// Sets the time of the next call: missed ones are not made up for.
  func advance(retryNow: Bool) {
    standing = .waiting
    next = .after(milliseconds: retryNow ? 1 : interval ?? 0)
  }
}
