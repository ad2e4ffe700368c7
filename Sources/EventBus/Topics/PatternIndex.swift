/// Subscriptions by what they match, so that a new topic is held against few of them.
///
/// Exact patterns are found by the topic, others by its first segment, and expressions by three bytes that a topic must
/// contain. Not thread-safe: it lies under the bus's lock.
struct PatternIndex {
  private var exact: [String: [Subscription]] = [:]
  private var byFirstSegment: [Substring: [Subscription]] = [:]
  private var byTrigram: [UInt32: [Subscription]] = [:]
  private var trigrams: [ObjectIdentifier: [UInt32]] = [:]
  /// Those that every topic must be held against.
  private var rest: [Subscription] = []

  /// An index of some subscriptions.
  init(_ all: [Subscription] = []) { for subscription in all { insert(subscription) } }

  /// Adds a subscription.
  mutating func insert(_ subscription: Subscription) {
    let pattern = subscription.options.pattern
    if pattern.isExact {
      exact[pattern.description, default: []].append(subscription)
    } else if let segment = pattern.firstSegment {
      byFirstSegment[segment, default: []].append(subscription)
    } else if let keys = keys(for: pattern) {
      trigrams[ObjectIdentifier(subscription)] = keys
      for key in keys { byTrigram[key, default: []].append(subscription) }
    } else {
      rest.append(subscription)
    }
  }

  /// Takes a subscription out again.
  mutating func remove(_ subscription: Subscription) {
    let pattern = subscription.options.pattern
    if pattern.isExact {
      Self.remove(subscription, from: &exact[pattern.description])
    } else if let segment = pattern.firstSegment {
      Self.remove(subscription, from: &byFirstSegment[segment])
    } else if let keys = trigrams.removeValue(forKey: ObjectIdentifier(subscription)) {
      for key in keys { Self.remove(subscription, from: &byTrigram[key]) }
    } else {
      rest.removeAll { $0 === subscription }
    }
  }

  /// Whether a subscription names exactly this topic.
  func namesExactly(_ topic: String) -> Bool { exact[topic] != nil }

  /// The subscriptions that match a topic, in no order.
  func matching(_ topic: String) -> [Subscription] {
    var found = exact[topic] ?? []
    let segment = topic.prefix { $0 != "." }
    found += (byFirstSegment[segment] ?? []).filter { $0.options.pattern.matches(topic) }
    found += rest.filter { $0.options.pattern.matches(topic) }
    guard !byTrigram.isEmpty else { return found }
    var seen: Set<ObjectIdentifier> = []
    for trigram in Self.trigrams(of: Array(topic.utf8)) {
      for subscription in byTrigram[trigram] ?? []
      where seen.insert(ObjectIdentifier(subscription)).inserted {
        if subscription.options.pattern.matches(topic) { found.append(subscription) }
      }
    }
    return found
  }

  private static func remove(_ subscription: Subscription, from list: inout [Subscription]?) {
    list?.removeAll { $0 === subscription }
    if list?.isEmpty == true { list = nil }
  }

  /// For each text of which an expression needs one, the three bytes of it that the fewest others are found by.
  ///
  /// - Returns: `nil` when the expression can match without any, or one of them is too short.
  private func keys(for pattern: TopicPattern) -> [UInt32]? {
    guard let literals = pattern.requiredLiterals else { return nil }
    var keys: Set<UInt32> = []
    for literal in literals {
      let rarest = Self.trigrams(of: literal).min {
        (byTrigram[$0]?.count ?? 0) < (byTrigram[$1]?.count ?? 0)
      }
      guard let rarest else { return nil }
      keys.insert(rarest)
    }
    return Array(keys)
  }

  private static func trigrams(of bytes: [UInt8]) -> [UInt32] {
    guard bytes.count >= 3 else { return [] }
    return (0...(bytes.count - 3)).map { start in
      UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
    }
  }
}
