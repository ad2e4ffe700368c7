import CDovetail
import EventBus
import HostSupport

extension CallGuard.Refusal {
  /// What is lost with the call.
  var loss: Loss {
    switch self {
    case .open: .callRejected
    case .rateLimited, .full: .callLimited
    }
  }
}

extension ErrorReport {
  /// A call that was not made, as its caller sees it.
  ///
  /// - Parameters:
  ///   - refusal: Why.
  ///   - what: The service, or the responder.
  init(_ refusal: CallGuard.Refusal, _ what: String) {
    switch refusal {
    case .rateLimited(let policy, let wait):
      self.init(
        DVT_FULL,
        "\(what): its rate limit of \(policy.calls) calls in \(BreakerText.time(policy.period)) is used up; "
          + "try again in \(BreakerText.time(wait))", retryable: true)
    case .full(let policy, let figures):
      let queue = policy.waiting > 0 ? " and \(figures.waiting) wait" : ""
      self.init(
        DVT_FULL,
        "\(what): its bulkhead is full: \(figures.running) of \(policy.calls) calls run\(queue); "
          + "try again when one has returned", retryable: true)
    case .open(let breaker):
      self.init(DVT_UNAVAILABLE, "\(what): \(BreakerText(breaker).refusal)", retryable: true)
    }
  }
}
