import EventBus

extension BreakerReport {
  /// Describes a breaker as it is now.
  init(_ breaker: Breaker.Snapshot) {
    let text = BreakerText(breaker)
    let figures = breaker.figures
    self.init(
      name: "\(breaker.name)", service: breaker.name.service, provider: breaker.name.provider,
      caller: breaker.name.caller.isEmpty ? nil : breaker.name.caller,
      label: breaker.name.label.isEmpty ? nil : breaker.name.label, state: text.state,
      since: breaker.changed.map { BreakerText.moment($0) }, reason: text.reason,
      probesInMilliseconds: text.probesIn,
      window: Window(
        calls: breaker.window.calls, failed: breaker.window.failed, slow: breaker.window.slow),
      consecutiveFailures: breaker.consecutiveFailures,
      calls: Calls(
        succeeded: figures.succeeded, failed: figures.failed, slow: figures.slow,
        ignored: figures.ignored, rejected: figures.rejected, fallenBack: figures.fallenBack),
      transitions: Transitions(
        opened: figures.opened, halfOpened: figures.halfOpened, closed: figures.closed),
      policy: Policy(breaker.policy))
  }
}

extension BreakerReport.Policy {
  fileprivate init(_ policy: CircuitBreaker.Policy) {
    func milliseconds(_ time: UInt64) -> Int { Int(time / 1_000_000) }
    self.init(
      minimumCalls: policy.minimumCalls, failureRate: policy.failureRate,
      consecutiveFailures: policy.consecutiveFailures,
      slowCallMilliseconds: policy.slowCall.map(milliseconds),
      slowCallRate: policy.slowCall == nil ? nil : policy.slowCallRate,
      openMilliseconds: milliseconds(policy.openTime.initial),
      openMaximumMilliseconds: milliseconds(policy.openTime.cap),
      permittedCallsInHalfOpen: policy.permittedCallsInHalfOpen)
    switch policy.window {
    case .calls(let calls): windowCalls = calls
    case .time(let time): windowMilliseconds = milliseconds(time)
    }
  }
}
