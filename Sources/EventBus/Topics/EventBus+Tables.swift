import CHostSupport
import Synchronization

/// How subscriptions become dispatch tables. All of it runs under the bus's lock.
extension EventBus {
  static func defaultName(_ pattern: TopicPattern, among own: [String]) -> String {
    let prefix = "\(pattern)#"
    let taken = own.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }
    return "\(prefix)\((taken.max() ?? 0) + 1)"
  }

  /// The figures of a name: those of the generation before, where there is one.
  static func figures(
    of name: String, in owner: Owner, _ state: State
  ) -> SubscriptionFigures {
    for (other, all) in state.byOwner where other.name == owner.name && other != owner {
      if let found = all.first(where: { $0.name == name }) { return found.figures }
    }
    return SubscriptionFigures()
  }

  /// Takes a subscription out of every table and marks its callables dead.
  ///
  /// - Returns: The callable whose calls are to be awaited, and the events that were queued.
  func retire(
    _ subscription: Subscription, in state: inout State
  ) -> (direct: Callable?, items: [DeliveryQueue.Item]) {
    let wasActive = subscription.standing == .active
    subscription.standing = .ended
    let direct = subscription.direct
    let items = wasActive ? subscription.queue?.end() ?? [] : []
    if wasActive {
      direct?.setState(HS_DEAD)
      subscription.entrance?.setState(HS_DEAD)
      state.index.remove(subscription)
      rebuildTopics(of: [subscription], in: state)
    }
    subscription.direct = nil
    subscription.entrance = nil
    subscription.queue = nil
    if state.byOwner[subscription.owner]?.isEmpty == true {
      state.byOwner[subscription.owner] = nil
    }
    return (direct, items)
  }

  /// Who gets the events of a topic: higher priority first, then order of registration.
  static func receivers(of topic: String, in state: State) -> [Subscription] {
    state.index.matching(topic).sorted {
      ($1.options.priority, $0.ordinal) < ($0.options.priority, $1.ordinal)
    }
  }

  /// Makes the table of a topic anew.
  func rebuild(_ topic: Topic, in state: State) {
    let matching = Self.receivers(of: topic.name, in: state)
    let sequenced = matching.contains { $0.queue != nil }
    topic.install(
      matching.compactMap(\.tabled), sequenced: sequenced,
      behind: checkpoint(before: topic, in: state))
  }

  func rebuildTopics(of changed: [Subscription], in state: State) {
    rebuildTopics(matching: changed.map(\.options.pattern), in: state)
  }

  func rebuildTopics(matching patterns: [TopicPattern], in state: State) {
    let exact = Set(patterns.filter(\.isExact).map(\.description))
    let globs = patterns.filter { !$0.isExact }
    for name in exact { if let topic = state.topics[name] { rebuild(topic, in: state) } }
    guard !globs.isEmpty else { return }
    for (name, topic) in state.topics where !exact.contains(name) {
      if globs.contains(where: { $0.matches(name) }) { rebuild(topic, in: state) }
    }
  }
}
