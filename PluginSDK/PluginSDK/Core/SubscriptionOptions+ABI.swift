import CDovetail

extension SubscriptionOptions {
  /// Lends the options to the ABI, all but `wants`.
  func raw(_ pattern: String, _ arena: Arena) -> dvt_subscription {
    var raw = unsafe dvt_subscription.headed()
    unsafe raw.pattern = unsafe arena.text(pattern)
    unsafe raw.pattern_kind = syntax == .regex ? DVT_PATTERN_REGEX : DVT_PATTERN_GLOB
    unsafe raw.name = unsafe arena.text(name)
    unsafe raw.priority = priority
    unsafe raw.filters = unsafe arena.array(filters.map { unsafe $0.raw(arena) })
    unsafe raw.filter_count = UInt64(filters.count)
    unsafe raw.flags = strictOrder ? DVT_SUBSCRIPTION_STRICT_ORDER : 0
    unsafe raw.timeout_ms = UInt32(clamping: timeLimit)
    if let key { unsafe raw.key = unsafe arena.text(key.text) }
    unsafe raw.lanes = lanes == 1 ? 0 : UInt32(clamping: lanes)
    unsafe retry.write(to: &raw)
    unsafe delivery.write(to: &raw)
    return unsafe raw
  }
}

extension SubscriptionOptions.Delivery {
  fileprivate func write(to raw: inout dvt_subscription) {
    guard case .async(let capacity, let overflow) = self else { return }
    unsafe raw.delivery = DVT_DELIVERY_ASYNC
    unsafe raw.capacity = UInt32(clamping: capacity)
    switch overflow {
    case .block(let milliseconds):
      unsafe raw.overflow = DVT_OVERFLOW_BLOCK
      unsafe raw.block_ms = UInt32(clamping: milliseconds)
    case .dropOldest: unsafe raw.overflow = DVT_OVERFLOW_DROP_OLDEST
    case .dropNewest: unsafe raw.overflow = DVT_OVERFLOW_DROP_NEWEST
    case .fail: unsafe raw.overflow = DVT_OVERFLOW_FAIL
    case .coalesce: unsafe raw.overflow = DVT_OVERFLOW_COALESCE
    }
  }
}

extension RetryPolicy {
  fileprivate func write(to raw: inout dvt_subscription) {
    guard attempts > 1 else { return }
    unsafe raw.retry_attempts = UInt32(clamping: attempts)
    unsafe raw.retry_initial_ms = UInt32(clamping: initial)
    unsafe raw.retry_multiplier = multiplier
    unsafe raw.retry_cap_ms = UInt32(clamping: cap)
    unsafe raw.retry_jitter_percent = UInt32(clamping: jitterPercent)
  }
}
