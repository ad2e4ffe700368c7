import EventBus

/// What operators ask about subscriptions and topics.
extension Host {
  /// The subscriptions of a plugin, or that match a topic, or all, by plugin and in the order of their registration.
  public func subscriptions(
    plugin: String?, topic: String?
  ) throws(OperationError) -> [SubscriptionReport] {
    try requireKnown(plugin)
    if let topic { try requireTopicName(topic) }
    return chosen(plugin) { topic.map($0.options.pattern.matches) ?? true }
      .map(SubscriptionReport.init)
  }

  /// The figures of the topics that a pattern matches and of the subscriptions to them; of one plugin's where one is named.
  public func eventStats(
    plugin: String?, topic: String?
  ) throws(OperationError) -> EventStatsReport {
    try requireKnown(plugin)
    let wanted = try topic.map { text throws(OperationError) in try parse(text) }
    var topics = core.bus.topics.filter { wanted?.matches($0.name) ?? true }
    let subscriptions = chosen(plugin) { one in
      wanted == nil || topics.contains { one.options.pattern.matches($0.name) }
    }
    if plugin != nil {
      topics.removeAll { topic in
        !subscriptions.contains { $0.options.pattern.matches(topic.name) }
      }
    }
    let waiting = core.bus.waiting
    var stats = EventStatsReport(
      topics: Self.busiest(topics).map { topic in
        var report = TopicReport(topic, handlers: core.bus.handlers(of: topic))
        report.queued = waiting[topic.name] ?? 0
        return report
      }, subscriptions: subscriptions.map(SubscriptionReport.init))
    stats.topicsInAll = topics.count
    return stats
  }

  /// So many topics that a client or a scraper can bear them: those to which most was published, by name.
  static func busiest(_ topics: [Topic]) -> [Topic] {
    guard topics.count > mostTopics else { return topics }
    let busiest = topics.map { (topic: $0, published: $0.published) }
      .sorted { ($1.published, $0.topic.name) < ($0.published, $1.topic.name) }
    return busiest.prefix(mostTopics).map(\.topic).sorted { $0.name < $1.name }
  }

  private static let mostTopics = 1_000

  /// Who gets an event of a topic, in which order and why; and who nearly does.
  public func explain(topic: String) throws(OperationError) -> TopicExplanation {
    try requireTopicName(topic)
    let bus = core.bus
    let receiving = bus.receivers(of: topic)
    let reports = receiving.map(SubscriptionReport.init)
    let (suspended, serving) = (
      reports.filter { $0.state == "suspended" && $0.delivery == "sync" },
      reports.filter { $0.state != "suspended" || $0.delivery != "sync" }
    )
    let nearly = bus.everySubscription.compactMap { other -> TopicExplanation.Party? in
      guard !receiving.contains(where: { $0 === other }) else { return nil }
      let pattern = other.options.pattern
      let report = SubscriptionReport(other)
      if pattern.matches(topic) { return TopicExplanation.Party(waiting: report) }
      return pattern.nearMiss(of: topic).map { TopicExplanation.Party(report, why: $0) }
    }
    var explanation = TopicExplanation(topic: topic)
    explanation.sequence = bus.openedTopic(topic)?.sequence
    explanation.isNumbered = reports.contains { $0.delivery == "async" }
    explanation.receivers = serving.map(TopicExplanation.Party.init(receiving:))
    explanation.others = suspended.map(TopicExplanation.Party.init(waiting:)) + nearly
    return explanation
  }

  func requireKnown(_ plugin: String?) throws(OperationError) {
    guard let plugin, plugin != core.bus.hostOwner.name, table[plugin] == nil else { return }
    throw unknown(plugin)
  }

  private func chosen(
    _ plugin: String?, _ isWanted: (Subscription) -> Bool
  ) -> [Subscription] {
    core.bus.everySubscription
      .filter { (plugin == nil || $0.owner.name == plugin) && isWanted($0) }
      .sorted { ($0.owner.name, $0.owner.generation) < ($1.owner.name, $1.owner.generation) }
  }

  private func requireTopicName(_ topic: String) throws(OperationError) {
    guard let problem = TopicName.problem(in: topic) else { return }
    throw OperationError(.invalid, problem, advice: "name one topic, without wildcards")
  }
}
