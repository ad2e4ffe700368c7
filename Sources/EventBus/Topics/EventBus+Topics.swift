import CHostSupport
import Synchronization

/// Opening topics, and who hears them.
extension EventBus {
  /// Opens a topic for good: finds it, or makes it with the handlers whose patterns match.
  ///
  /// - Parameter name: See `TopicName`.
  /// - Returns: The topic, valid as long as the bus.
  /// - Throws: `BusError.invalid` when the name is malformed.
  public func topic(_ name: String) throws(BusError) -> Topic {
    try find(name) { $0.lasts.store(true, ordering: .relaxed) }
  }

  /// Finds or makes a topic that is not forgotten until it is unpinned.
  ///
  /// - Parameter name: See `TopicName`.
  /// - Returns: The topic; call `unpin` once.
  /// - Throws: `BusError.invalid` when the name is malformed.
  public func pinnedTopic(_ name: String) throws(BusError) -> Topic {
    try find(name) { $0.pin() }
  }

  /// Finds or makes a topic for one publish.
  ///
  /// - Parameters:
  ///   - name: See `TopicName`.
  ///   - body: Publishes. A topic that is forgotten meanwhile reaches the handlers that it had then; none of them is freed.
  /// - Returns: What `body` returns.
  /// - Throws: `BusError.invalid` when the name is malformed.
  public func withTopic<Result>(
    _ name: String, _ body: (Topic) -> Result
  ) throws(BusError) -> Result {
    hs_pin_self()
    defer { hs_unpin_self() }
    return body(try find(name) { _ in })
  }

  private func find(_ name: String, _ mark: (Topic) -> Void) throws(BusError) -> Topic {
    func marked(_ topic: Topic, in state: inout State) -> Topic {
      state.uses += 1
      topic.lastUse = state.uses
      mark(topic)
      return topic
    }
    let known = state.withLock { state in
      state.topics[name].map { marked($0, in: &state) }
    }
    if let known { return known }
    if let problem = TopicName.problem(in: name) { throw .invalid(problem) }
    let (topic, forgotten) = state.withLock { state in
      if let found = state.topics[name] { return (marked(found, in: &state), [Topic]()) }
      let forgotten = makeRoom(in: &state)
      let topic = unsafe Topic(name: name, hooks: hooks)
      state.topics[name] = topic
      rebuild(topic, in: state)
      return (marked(topic, in: &state), forgotten)
    }
    withExtendedLifetime(forgotten) {}  // let go of under no lock
    return topic
  }

  /// Forgets the topics that nobody named for longest, a quarter of those that may be kept, once there are too many.
  ///
  /// Topics that were opened, that a publisher keeps or that a subscription names are not forgotten.
  private func makeRoom(in state: inout State) -> [Topic] {
    guard state.topics.count >= max(state.full, mostTopics) else { return [] }
    let old = state.topics.values
      .filter { $0.isForgettable && !state.index.namesExactly($0.name) }
      .sorted { $0.lastUse < $1.lastUse }
      .prefix(max(1, mostTopics / 4))
    for topic in old { state.topics[topic.name] = nil }
    state.forgotten += UInt64(old.count)
    // Where hardly any can go, the next look is not taken at once.
    state.full = state.topics.count + max(1, mostTopics / 8)
    return Array(old)
  }

  /// Topics that were forgotten to make room.
  public var forgottenTopics: UInt64 { state.withLock { $0.forgotten } }

  /// The topics that are known, by name.
  public var topics: [Topic] {
    state.withLock { Array($0.topics.values) }.sorted { $0.name < $1.name }
  }

  /// The topic of that name, if it is known.
  public func openedTopic(_ name: String) -> Topic? { state.withLock { $0.topics[name] } }

  /// Who gets an event of a topic, known or not, in the order in which it reaches them.
  public func receivers(of topic: String) -> [Subscription] {
    state.withLock { Self.receivers(of: topic, in: $0) }
  }

  /// How many handlers and queues an event of a topic reaches now.
  public func handlers(of topic: Topic) -> Int {
    receivers(of: topic.name).count
  }

  /// Whether an event of a topic would reach anybody now, a handler or who stands before them.
  public func isHeard(_ topic: String) -> Bool {
    state.withLock { state in
      !state.index.matching(topic).isEmpty || isGuarded(topic, in: state)
    }
  }
}
