import CDovetail
import PluginSDK

/// How a plugin subscribes, read and checked as a host does.
///
/// Safe: `wants` is only called, with the plugin's own context.
@safe struct Wishes: @unchecked Sendable {
  private static let firstRevision = 64

  let pattern: TopicMatcher
  let name: String
  let priority: Int32
  let isAsync: Bool
  /// Whether a queued event of the same key gives way.
  let coalesces: Bool
  let key: EventField
  let conditions: [Condition]
  let wants: dvt_filter_callback?
  let retry: RetryPolicy
  let strictOrder: Bool
  /// Milliseconds; 0 for any time.
  let timeLimit: UInt32

  /// Reads options of any revision.
  init(_ given: UnsafePointer<dvt_subscription>) throws(PluginError) {
    let size = unsafe Int(given.pointee.struct_size)
    guard size >= Self.firstRevision else {
      throw .refusal("dvt_subscription has \(size) bytes, at least 64 are needed")
    }
    var raw = unsafe dvt_subscription()
    unsafe withUnsafeMutableBytes(of: &raw) { bytes in
      unsafe bytes.copyMemory(
        from: UnsafeRawBufferPointer(start: given, count: min(size, bytes.count)))
    }
    try unsafe Self.check(raw)
    pattern = try unsafe Self.pattern(raw)
    name = unsafe raw.name.string
    priority = unsafe raw.priority
    isAsync = unsafe raw.delivery == DVT_DELIVERY_ASYNC
    coalesces = unsafe raw.overflow == DVT_OVERFLOW_COALESCE
    key = try unsafe Self.key(raw)
    conditions = try unsafe Self.conditions(raw.filters, raw.filter_count)
    unsafe wants = unsafe raw.wants
    retry = try unsafe Self.retry(raw)
    strictOrder = unsafe raw.flags & DVT_SUBSCRIPTION_STRICT_ORDER != 0
    timeLimit = unsafe raw.timeout_ms
  }

  private static func check(_ raw: dvt_subscription) throws(PluginError) {
    let ranges = unsafe [
      ("delivery", raw.delivery, 0...DVT_DELIVERY_ASYNC),
      ("overflow", raw.overflow, 0...DVT_OVERFLOW_COALESCE),
      ("capacity", raw.capacity, 0...1 << 20), ("block_ms", raw.block_ms, 0...600_000),
      ("lanes", raw.lanes, 0...64), ("timeout_ms", raw.timeout_ms, 0...600_000),
      ("flags", raw.flags, 0...DVT_SUBSCRIPTION_STRICT_ORDER),
    ]
    for (name, value, range) in ranges where !range.contains(value) {
      throw .refusal("\(name) is \(value), expected 0…\(range.upperBound)")
    }
    guard unsafe raw.delivery == DVT_DELIVERY_SYNC else { return }
    if unsafe raw.flags & DVT_SUBSCRIPTION_STRICT_ORDER != 0 {
      throw .refusal(
        "DVT_SUBSCRIPTION_STRICT_ORDER needs DVT_DELIVERY_ASYNC: only a queue can wait")
    }
  }

  private static func pattern(_ raw: dvt_subscription) throws(PluginError) -> TopicMatcher {
    let text = unsafe raw.pattern.string
    switch unsafe raw.pattern_kind {
    case DVT_PATTERN_REGEX: return try TopicMatcher(regex: text)
    case DVT_PATTERN_GLOB:
      if let pattern = TopicMatcher(text, allowingWildcards: true) { return pattern }
      throw .refusal("\"\(text)\" is no pattern of topics")
    case let kind:
      throw .refusal("pattern_kind is \(kind), expected DVT_PATTERN_GLOB or DVT_PATTERN_REGEX")
    }
  }

  private static func key(_ raw: dvt_subscription) throws(PluginError) -> EventField {
    let text = unsafe raw.key.string
    if text.isEmpty { return .attribute("partitionkey") }
    guard let key = EventField(text) else { throw .noField(text) }
    return key
  }

  /// What an event must meet.
  static func conditions(
    _ filters: UnsafePointer<dvt_filter>?, _ count: UInt64
  ) throws(PluginError) -> [Condition] {
    guard count <= 32 else { throw .refusal("filter_count is \(count), at most 32 are allowed") }
    var conditions: [Condition] = []
    for index in 0..<Int(count) {
      guard let filters = unsafe filters else {
        throw .refusal("filters is NULL, but filter_count is \(count)")
      }
      conditions.append(try unsafe Condition(filters[index], at: index))
    }
    return conditions
  }

  private static func retry(_ raw: dvt_subscription) throws(PluginError) -> RetryPolicy {
    let ranges = unsafe [
      ("retry_attempts", Double(raw.retry_attempts), 1...100.0),
      ("retry_initial_ms", Double(raw.retry_initial_ms), 1...3_600_000),
      ("retry_cap_ms", Double(raw.retry_cap_ms), 1...3_600_000),
      ("retry_jitter_percent", Double(raw.retry_jitter_percent), 1...100),
      ("retry_multiplier", raw.retry_multiplier, 1...10),
    ]
    for (name, value, range) in ranges where value != 0 && !range.contains(value) {
      throw .refusal(
        "\(name) is \(Settings.double(value).text), expected 0 or 1…\(Int(range.upperBound))")
    }
    var policy = RetryPolicy.never
    if unsafe raw.retry_attempts != 0 { policy.attempts = unsafe Int(raw.retry_attempts) }
    if unsafe raw.retry_initial_ms != 0 { policy.initial = unsafe Int(raw.retry_initial_ms) }
    if unsafe raw.retry_cap_ms != 0 { policy.cap = unsafe Int(raw.retry_cap_ms) }
    if unsafe raw.retry_multiplier != 0 { policy.multiplier = unsafe raw.retry_multiplier }
    return policy
  }
}
