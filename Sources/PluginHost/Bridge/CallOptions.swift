import EventBus
import HostSupport

/// What a caller wants otherwise than the policies of the configuration say.
final class CallOptions: Sendable {
  /// Names a breaker of the caller's own; empty for the service's.
  let breaker: String
  /// The service that answers when this one cannot; empty for the policy's.
  let fallback: String
  /// Nanoseconds that the call may take; `nil` for what the policy says.
  let timeLimit: UInt64?
  /// Whether another service may answer.
  let fallsBack: Bool

  init(
    breaker: String = "", fallback: String = "", timeLimit: UInt64? = nil, fallsBack: Bool = true
  ) {
    self.breaker = breaker
    self.fallback = fallback
    self.timeLimit = timeLimit
    self.fallsBack = fallsBack
  }

  /// When a call has to be done for which no policy holds.
  func limited(_ deadline: Deadline) -> Deadline {
    guard let timeLimit else { return deadline }
    return min(deadline, Deadline(nanoseconds: Deadline.now() &+ timeLimit))
  }
}
