import CHostSupport
import Synchronization

/// How subscriptions become dispatch tables. All of it runs under the bus's lock.
extension EventBus {
  /// The name of a registration: the one that is wanted, or the pattern and an ordinal.
  ///
  /// - Throws: `BusError.nameTaken` when its owner has one of that name.
  static func freeName(
    _ wanted: String?, for pattern: TopicPattern, among own: [String]
  ) throws(BusError) -> String {
    guard let wanted else { return defaultName(pattern, among: own) }
    if own.contains(wanted) { throw .nameTaken(wanted) }
    return wanted
  }

  private static func defaultName(_ pattern: TopicPattern, among own: [String]) -> String {
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

  /// Takes subscriptions out of every table and marks their callables dead.
  ///
  /// - Returns: For each the callable whose calls are to be awaited, and the events that were queued.
  func retire(
    _ all: [Subscription], in state: inout State
  ) -> [(direct: Callable?, items: [DeliveryQueue.Item])] {
    let active = all.filter { $0.standing == .active }
    let items = all.map { $0.standing == .active ? $0.queue?.end() ?? [] : [] }
    for subscription in active {
      subscription.direct?.setState(HS_DEAD)
      subscription.entrance?.setState(HS_DEAD)
      state.index.remove(subscription)
    }
    for subscription in all { subscription.standing = .ended }
    rebuildTopics(without: active, in: state)
    // Not before they stand in no table: their epoch would begin to end too early.
    let direct = all.map(\.direct)
    for subscription in all {
      subscription.direct = nil
      subscription.entrance = nil
      subscription.queue = nil
      if state.byOwner[subscription.owner]?.isEmpty == true {
        state.byOwner[subscription.owner] = nil
      }
    }
    return Array(zip(direct, items))
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

  /// Makes the tables anew of all topics that one of some subscriptions or patterns matches.
  func rebuildTopics(
    of changed: [Subscription] = [], matching patterns: [TopicPattern] = [], in state: State
  ) {
    let all = changed.map(\.options.pattern) + patterns
    let exact = Set(all.filter(\.isExact).map(\.description))
    for name in exact { if let topic = state.topics[name] { rebuild(topic, in: state) } }
    let (wide, wideChanged) = (
      patterns.filter { !$0.isExact }, changed.filter { !$0.options.pattern.isExact }
    )
    guard !wide.isEmpty || !wideChanged.isEmpty else { return }
    // There may be a thousand of either.
    let index = PatternIndex(wideChanged)
    for (name, topic) in state.topics where !exact.contains(name) {
      if !index.matching(name).isEmpty || wide.contains(where: { $0.matches(name) }) {
        rebuild(topic, in: state)
      }
    }
  }

  /// Makes the tables anew in which some removed subscriptions still stand: their callables are dead.
  private func rebuildTopics(without removed: [Subscription], in state: State) {
    let patterns = removed.map(\.options.pattern)
    for name in Set(patterns.filter(\.isExact).map(\.description)) {
      if let topic = state.topics[name] { rebuild(topic, in: state) }
    }
    guard !patterns.allSatisfy(\.isExact) else { return }
    for topic in state.topics.values where topic.hasDead { rebuild(topic, in: state) }
  }
}
