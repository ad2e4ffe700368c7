/// The figures of topics and subscriptions.
public struct EventStatsReport: Codable, Sendable, Equatable {
  /// By name.
  public var topics: [TopicReport]
  /// By plugin.
  public var subscriptions: [SubscriptionReport]

  /// Describes topics and subscriptions.
  public init(topics: [TopicReport] = [], subscriptions: [SubscriptionReport] = []) {
    self.topics = topics
    self.subscriptions = subscriptions
  }
}
