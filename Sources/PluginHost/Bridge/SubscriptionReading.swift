import CDovetail
import EventBus

/// Reads how a plugin wants to subscribe.
enum SubscriptionReading {
  private static let firstRevision = 64
  private static let mostConditions: UInt64 = 32

  /// The options as this host knows them: what an older plugin does not know is zero, what a newer one adds is not looked at.
  static func read(
    _ given: UnsafePointer<dvt_subscription>
  ) throws(ErrorReport) -> dvt_subscription {
    let size = unsafe given.pointee.struct_size
    try ABIEntry.checkSize(size, "dvt_subscription", atLeast: firstRevision)
    var own = unsafe dvt_subscription()
    let common = unsafe min(Int(size), MemoryLayout<dvt_subscription>.size)
    unsafe withUnsafeMutableBytes(of: &own) { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: given, count: common))
    }
    return unsafe own
  }

  /// The pattern, of whichever kind.
  static func pattern(_ given: dvt_subscription) throws(BusError) -> TopicPattern {
    switch unsafe given.pattern_kind {
    case DVT_PATTERN_GLOB: return try TopicPattern(unsafe given.pattern.text)
    case DVT_PATTERN_REGEX: return try TopicPattern(regex: unsafe given.pattern.text)
    case let other:
      throw .invalid("pattern_kind is \(other), expected DVT_PATTERN_GLOB or DVT_PATTERN_REGEX")
    }
  }

  /// What the bus is asked for.
  static func options(
    _ given: dvt_subscription, _ pattern: TopicPattern
  ) throws(BusError) -> SubscriptionOptions {
    let name = unsafe given.name.text
    return SubscriptionOptions(
      pattern: pattern, name: name.isEmpty ? nil : name, priority: unsafe given.priority,
      delivery: try unsafe delivery(given), key: try unsafe key(given),
      lanes: try unsafe lanes(given),
      conditions: try unsafe conditions(given.filters, given.filter_count),
      timeout: try unsafe timeout(given), retry: try unsafe retry(given),
      strictOrder: try unsafe strictOrder(given))
  }

  /// What an event must meet.
  static func conditions(
    _ filters: UnsafePointer<dvt_filter>?, _ count: UInt64
  ) throws(BusError) -> [EventCondition] {
    guard count <= mostConditions else {
      throw .invalid("filter_count is \(count), at most \(mostConditions) are allowed")
    }
    guard count == 0 || (unsafe filters != nil) else {
      throw .invalid("filters is NULL, but filter_count is \(count)")
    }
    var conditions: [EventCondition] = []
    for index in 0..<Int(count) {
      guard let filter = unsafe filters?[index] else { break }
      let code = unsafe filter.test
      guard let test = EventCondition.Test(rawValue: code) else {
        throw .invalid("filters[\(index)].test is \(code), expected one of DVT_FILTER_…")
      }
      conditions.append(
        EventCondition(try EventField(unsafe filter.field.text), test, unsafe filter.value.text))
    }
    return conditions
  }

  private static func key(_ given: dvt_subscription) throws(BusError) -> EventField {
    let field = unsafe given.key.text
    return field.isEmpty ? .partitionKey : try EventField(field)
  }

  private static func lanes(_ given: dvt_subscription) throws(BusError) -> Int {
    let lanes = unsafe given.lanes
    guard lanes <= 64 else { throw .invalid("lanes is \(lanes), expected 0…64") }
    if lanes > 1, unsafe given.delivery == DVT_DELIVERY_SYNC {
      throw .invalid("lanes is \(lanes), which needs DVT_DELIVERY_ASYNC: only a queue has lanes")
    }
    return max(1, Int(lanes))
  }

  private static func timeout(_ given: dvt_subscription) throws(BusError) -> Int? {
    let limit = unsafe given.timeout_ms
    guard limit <= 600_000 else {
      throw .invalid("timeout_ms is \(limit), expected 0…600000")
    }
    return limit == 0 ? nil : Int(limit)
  }

  private static func strictOrder(_ given: dvt_subscription) throws(BusError) -> Bool {
    let flags = unsafe given.flags
    guard flags & ~DVT_SUBSCRIPTION_STRICT_ORDER == 0 else {
      throw .invalid("flags is \(flags), expected DVT_SUBSCRIPTION_… or 0")
    }
    let strict = flags & DVT_SUBSCRIPTION_STRICT_ORDER != 0
    if strict, unsafe given.delivery == DVT_DELIVERY_SYNC {
      throw .invalid(
        "DVT_SUBSCRIPTION_STRICT_ORDER needs DVT_DELIVERY_ASYNC: only a queue can wait")
    }
    return strict
  }

  private static func retry(_ given: dvt_subscription) throws(BusError) -> RetryPolicy {
    var policy = RetryPolicy()
    let fields = unsafe [
      ("retry_attempts", given.retry_attempts, 1...100, \RetryPolicy.attempts),
      ("retry_initial_ms", given.retry_initial_ms, 1...3_600_000, \.initial),
      ("retry_cap_ms", given.retry_cap_ms, 1...3_600_000, \.cap),
    ]
    for (name, value, range, field) in fields where value != 0 {
      guard range.contains(Int(value)) else {
        throw .invalid(
          "\(name) is \(value), expected 0 or \(range.lowerBound)…\(range.upperBound)")
      }
      policy[keyPath: field] = Int(value)
    }
    let jitter = unsafe given.retry_jitter_percent
    guard jitter <= 100 else {
      throw .invalid("retry_jitter_percent is \(jitter), expected 0…100")
    }
    policy.jitter = Double(jitter) / 100
    let multiplier = unsafe given.retry_multiplier
    guard multiplier == 0 || (1...10).contains(multiplier) else {
      throw .invalid("retry_multiplier is \(multiplier), expected 0 or 1…10")
    }
    if multiplier != 0 { policy.multiplier = multiplier }
    return policy
  }

  private static func delivery(
    _ given: dvt_subscription
  ) throws(BusError) -> SubscriptionOptions.Delivery {
    switch unsafe given.delivery {
    case DVT_DELIVERY_SYNC: return .sync
    case DVT_DELIVERY_ASYNC: break
    case let other:
      throw .invalid("delivery is \(other), expected DVT_DELIVERY_SYNC or DVT_DELIVERY_ASYNC")
    }
    let capacity = unsafe given.capacity == 0 ? 1024 : Int(given.capacity)
    guard capacity <= 1 << 20 else {
      throw .invalid("capacity is \(capacity), at most 1048576 are allowed")
    }
    let wait = unsafe given.block_ms == 0 ? 1000 : Int(given.block_ms)
    guard wait <= 600_000 else { throw .invalid("block_ms is \(wait), at most 600000 are allowed") }
    switch unsafe given.overflow {
    case DVT_OVERFLOW_BLOCK: return .async(capacity: capacity, overflow: .block(milliseconds: wait))
    case DVT_OVERFLOW_DROP_OLDEST: return .async(capacity: capacity, overflow: .dropOldest)
    case DVT_OVERFLOW_DROP_NEWEST: return .async(capacity: capacity, overflow: .dropNewest)
    case DVT_OVERFLOW_FAIL: return .async(capacity: capacity, overflow: .fail)
    case DVT_OVERFLOW_COALESCE: return .async(capacity: capacity, overflow: .coalesce)
    case let other: throw .invalid("overflow is \(other), expected one of DVT_OVERFLOW_…")
    }
  }
}
