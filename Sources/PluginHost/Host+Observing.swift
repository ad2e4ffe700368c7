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
