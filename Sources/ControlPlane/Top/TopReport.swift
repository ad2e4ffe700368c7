public import PluginHost

/// What a host did in a short span of time.
public struct TopReport: Codable, Sendable, Equatable {
  /// A topic's part.
  public struct TopicRates: Codable, Sendable, Equatable {
    /// The topic, with its figures since the host started.
    public var topic: TopicReport
    /// Events published a second.
    public var published: Double
    /// Events given to handlers, queues and filters a second.
    public var delivered: Double
  }

  /// A subscription's part.
  public struct SubscriptionRates: Codable, Sendable, Equatable {
    /// The subscription, with its figures since the host started.
    public var subscription: SubscriptionReport
    /// Calls of its handler a second.
    public var delivered: Double
  }

  /// The host itself.
  public var host: HostReport
  /// Its plugins, by id.
  public var plugins: [PluginReport]
  /// Processor time of each plugin, by id, in percent of one processor.
  public var cpuPercent: [String: Double]
  /// Seconds that the rates are over.
  public var seconds: Double
  /// Events published a second.
  public var published: Double
  /// Events given to handlers, queues and filters a second.
  public var delivered: Double
  /// Deliveries that failed a second.
  public var failed: Double
  /// Events that were dropped a second.
  public var dropped: Double
  /// Events that wait in queues.
  public var queued: Int
  /// Topics, the busiest first.
  public var topics: [TopicRates]
  /// Subscriptions, the busiest first.
  public var subscriptions: [SubscriptionRates]

  /// Compares two samples.
  ///
  /// - Parameters:
  ///   - before: The earlier sample.
  ///   - now: The later one.
  public init(from before: TopSample, to now: TopSample) {
    let span = max(Double(now.moment &- before.moment) / 1e9, 1e-9)
    let earlier = Dictionary(before.stats.topics.map { ($0.name, $0) }) { $1 }
    let calls = Dictionary(before.stats.subscriptions.map { ($0.place, $0.delivered) }) { $1 }
    func rate(_ topic: TopicReport, _ count: KeyPath<TopicReport, UInt64>) -> Double {
      let now = topic[keyPath: count]
      return Double(now - min(now, earlier[topic.name]?[keyPath: count] ?? 0)) / span
    }
    func sum(_ count: KeyPath<TopicReport, UInt64>) -> Double {
      now.stats.topics.reduce(0) { $0 + rate($1, count) }
    }
    host = now.host
    plugins = now.plugins
    seconds = span
    let used = Dictionary(before.plugins.map { ($0.id, $0.resources?.cpuSeconds ?? 0) }) { $1 }
    cpuPercent = now.plugins.reduce(into: [:]) { percent, plugin in
      let fresh = (plugin.resources?.cpuSeconds ?? 0) - (used[plugin.id] ?? 0)
      percent[plugin.id] = max(0, fresh) / span * 100
    }
    topics = now.stats.topics.map { topic in
      TopicRates(
        topic: topic, published: rate(topic, \.published),
        delivered: rate(topic, \.delivered))
    }
    failed = sum(\.failed)
    dropped = sum(\.dropped)
    published = sum(\.published)
    delivered = sum(\.delivered)
    queued = now.stats.topics.map(\.queued).reduce(0, +)
    subscriptions = now.stats.subscriptions.map { one in
      let fresh = one.delivered - min(one.delivered, calls[one.place] ?? 0)
      return SubscriptionRates(subscription: one, delivered: Double(fresh) / span)
    }
    topics.sort { ($1.published, $0.topic.name) < ($0.published, $1.topic.name) }
    subscriptions.sort {
      ($1.delivered, $0.subscription.place) < ($0.delivered, $1.subscription.place)
    }
  }
}

extension SubscriptionReport {
  /// Plugin and name, which together are its identity, and the generation.
  fileprivate var place: String { "\(plugin)\u{0}\(name)\u{0}\(generation)" }
}
