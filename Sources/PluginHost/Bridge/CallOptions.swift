import EventBus
import HostSupport

/// What a caller wants otherwise than the policies of the configuration say.
struct CallOptions: Sendable {
  /// Names a breaker of the caller's own; empty for the service's.
  var breaker = ""
  /// The service that answers when this one cannot; empty for the policy's.
  var fallback = ""
  /// Nanoseconds that the call may take; `nil` for what the policy says.
  var timeLimit: UInt64?
  /// Whether another service may answer.
  var fallsBack = true

  /// Whether the call is made as it is without policies.
  var isPlain: Bool { breaker.isEmpty && timeLimit == nil }

  /// When a call has to be done for which no policy holds.
  func limited(_ deadline: Deadline) -> Deadline {
    guard let timeLimit else { return deadline }
    return min(deadline, Deadline(nanoseconds: Deadline.now() &+ timeLimit))
  }
}
