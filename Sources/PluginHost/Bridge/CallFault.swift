import EventBus

/// A call of a service that failed, for who may have another service answer.
struct CallFault: Error {
  let report: ErrorReport
  /// What holds for the call; `nil` when nothing does.
  var policy: CallPolicy?
  /// The breaker that it passed, or did not.
  var breaker: Breaker?
  /// Whether another service may answer: not when the call itself was wrong.
  var mayFallBack: Bool

  init(
    _ report: ErrorReport, policy: CallPolicy? = nil, breaker: Breaker? = nil,
    mayFallBack: Bool = false
  ) {
    self.report = report
    self.policy = policy
    self.breaker = breaker
    self.mayFallBack = mayFallBack
  }
}
