/// The figures of topics and subscriptions.
public struct EventStatsReport: Codable, Sendable, Equatable {
  /// By name; of more than 1,000 those to which most was published.
  public var topics: [TopicReport]
  /// How many there are in all.
  public var topicsInAll: Int
  /// By plugin.
  public var subscriptions: [SubscriptionReport]

  /// Describes topics and subscriptions.
  public init(topics: [TopicReport] = [], subscriptions: [SubscriptionReport] = []) {
    self.topics = topics
    topicsInAll = topics.count
    self.subscriptions = subscriptions
  }
}
