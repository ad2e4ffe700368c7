import CHostSupport
import Synchronization

/// Opening topics, and who hears them.
extension EventBus {
  /// Opens a topic: finds it, or makes it with the handlers whose patterns match.
  ///
  /// - Parameter name: See `TopicName`.
  /// - Returns: The topic, valid as long as the bus.
  /// - Throws: `BusError.invalid` when the name is malformed.
  public func topic(_ name: String) throws(BusError) -> Topic {
    if let found = state.withLock({ $0.topics[name] }) { return found }
    if let problem = TopicName.problem(in: name) { throw .invalid(problem) }
    return state.withLock { state in
      if let found = state.topics[name] { return found }
      let topic = unsafe Topic(name: name, hooks: hooks)
      state.topics[name] = topic
      rebuild(topic, in: state)
      return topic
    }
  }

  /// The topics that were opened, by name.
  public var topics: [Topic] {
    state.withLock { Array($0.topics.values) }.sorted { $0.name < $1.name }
  }

  /// The topic of that name, if it was opened.
  public func openedTopic(_ name: String) -> Topic? { state.withLock { $0.topics[name] } }

  /// Who gets an event of a topic, opened or not, in the order in which it reaches them.
  public func receivers(of topic: String) -> [Subscription] {
    state.withLock { Self.receivers(of: topic, in: $0) }
  }

  /// How many handlers and queues an event of a topic reaches now.
  public func handlers(of topic: Topic) -> Int {
    receivers(of: topic.name).count
  }

  /// Whether an event of a topic would reach anybody now, a handler or who stands before them.
  public func isHeard(_ topic: Topic) -> Bool {
    handlers(of: topic) > 0 || state.withLock { isGuarded(topic, in: $0) }
  }
}
