import EventBus

extension SubscriptionReport {
  /// A subscription as an operator sees it.
  init(_ subscription: Subscription) {
    let options = subscription.options
    self.init(
      plugin: subscription.owner.name, name: subscription.name,
      pattern: options.pattern.description)
    generation = Int(subscription.owner.generation)
    match = options.pattern.isExpression ? "regex" : options.pattern.isExact ? "exact" : "glob"
    priority = Int(options.priority)
    filters = options.conditions.map(\.description)
    hasCallback = subscription.hasCallback
    retry = Retry(options.retry)
    strictOrder = options.strictOrder
    timeoutMilliseconds = options.timeout
    state = subscription.state.rawValue
    if case .async(let capacity, let overflow) = options.delivery {
      delivery = "async"
      self.capacity = capacity
      self.overflow = Self.name(of: overflow)
      lanes = options.lanes
      if options.lanes > 1 || overflow == .coalesce { key = options.key.description }
    }
    delivered = subscription.deliveredInAll
    filtered = subscription.filtered
    failed = subscription.failed
    retried = subscription.retried
    dropped = subscription.dropped
    coalesced = subscription.coalesced
    dead = subscription.dead
    handler = HandlerTimesReport(subscription.times)
    guard let queue = subscription.queueStatus else { return }
    queued = queue.count
    highWater = queue.highWater
    oldestMilliseconds = Double(queue.oldestAge) / 1e6
  }

  private static func name(of overflow: SubscriptionOptions.Overflow) -> String {
    switch overflow {
    case .block: "block"
    case .dropOldest: "drop-oldest"
    case .dropNewest: "drop-newest"
    case .fail: "fail"
    case .coalesce: "coalesce"
    }
  }
}

extension SubscriptionReport.Retry {
  fileprivate init(_ policy: RetryPolicy) {
    self.init(
      attempts: policy.attempts, initialMilliseconds: policy.initial,
      multiplier: policy.multiplier, capMilliseconds: policy.cap, jitter: policy.jitter)
  }
}
