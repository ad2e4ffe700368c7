import CHostSupport
import Synchronization

/// What is declared of topics, and kept.
extension EventBus {
  /// Declarations that an owner may have.
  public static let mostTypes = 256

  /// Declares what the events of a topic are. From now on those that do not fit are told or refused.
  ///
  /// Who stands before the handlers looks: interceptors come first, so that what they leave of an event is looked at; routes come
  /// after. Retries and replays of an event are not looked at again.
  ///
  /// - Parameters:
  ///   - owner: Whose declaration it is.
  ///   - declaration: What is declared.
  ///   - shadow: Whether it takes effect only when its generation commits.
  /// - Returns: The declaration in force.
  /// - Throws: `BusError.typeTaken` when somebody declared the same topic or pattern otherwise, or `.full`.
  public func declare(
    _ owner: Owner, _ declaration: EventType.Declaration, shadow: Bool = false
  ) throws(BusError) -> EventType {
    defer { Reclaimer.shared.collect() }
    return try state.withLock { state throws(BusError) in
      guard state.types.count(where: { $0.owner == owner }) < Self.mostTypes else {
        throw .full("event type: \(owner) has \(Self.mostTypes)")
      }
      let others = state.types.filter {
        $0.standing != .suspended && ($0.owner == owner || $0.owner.name != owner.name)
      }
      try Self.checkAgreement(declaration, others)
      state.ordinal += 1
      let type = EventType(
        owner: owner, declaration: declaration, ordinal: state.ordinal,
        standing: shadow ? .shadow : .active)
      state.types.append(type)
      Self.updateChecks(in: &state)
      if !shadow { rebuildTopics(matching: [declaration.pattern], in: state) }
      return type
    }
  }

  /// Replaces all declarations of an owner, or none, and what becomes of events that do not fit.
  ///
  /// - Parameters:
  ///   - owner: Whose declarations they are.
  ///   - declarations: Those that it has from now on.
  ///   - policy: What becomes of events that do not fit.
  ///   - policies: The same for single topics and patterns, by their text, whoever declares them.
  /// - Throws: `BusError.typeTaken` or `.full`; then everything stays as it was.
  public func setTypes(
    _ owner: Owner, _ declarations: [EventType.Declaration], policy: SchemaPolicy,
    policies: [String: SchemaPolicy] = [:]
  ) throws(BusError) {
    defer { Reclaimer.shared.collect() }
    try state.withLock { state throws(BusError) in
      guard declarations.count <= Self.mostTypes else {
        throw .full("event type: at most \(Self.mostTypes) are allowed")
      }
      let others = state.types.filter { $0.owner != owner }
      let former = state.types.filter { $0.owner == owner }
      var next: [EventType] = []
      for declaration in declarations {
        try Self.checkAgreement(declaration, others.filter { $0.standing != .suspended } + next)
        state.ordinal += 1
        next.append(
          former.first { $0.declaration == declaration }
            ?? EventType(
              owner: owner, declaration: declaration, ordinal: state.ordinal, standing: .active))
      }
      state.types = others + next
      state.policy = policy
      state.policies = policies
      Self.updateChecks(in: &state)
      rebuildTopics(matching: (others + former + next).map(\.declaration.pattern), in: state)
    }
  }

  /// Takes a declaration back: events that are published from now on are not held against it.
  ///
  /// - Throws: `BusError.gone` when it was taken back already.
  public func withdraw(_ type: EventType) throws(BusError) {
    defer { Reclaimer.shared.collect() }
    try state.withLock { state throws(BusError) in
      guard state.types.contains(where: { $0 === type }) else { throw .gone }
      state.types.removeAll { $0 === type }
      Self.updateChecks(in: &state)
      rebuildTopics(matching: [type.declaration.pattern], in: state)
    }
  }

  /// The declarations in force, in the order of their patterns, each with what becomes of events that do not fit.
  public var types: [(type: EventType, policy: SchemaPolicy)] {
    state.withLock { state in
      state.types.filter { $0.standing == .active }.map { ($0, Self.policy(of: $0, in: state)) }
    }.sorted {
      ("\($0.type.declaration.pattern)", $0.type.ordinal)
        < ("\($1.type.declaration.pattern)", $1.type.ordinal)
    }
  }

  /// Counts and tells an event that did not fit.
  func note(_ violation: SchemaViolation, _ topic: Topic) {
    topic.figures.violations.note()
    violation.type.misfits.note()
    onViolation(violation)
  }

  // MARK: Under the lock

  /// What the events of a topic are held against.
  func checks(of topic: String, in state: State) -> [(type: EventType, refuses: Bool)] {
    state.checks.filter { $0.type.declaration.pattern.matches(topic) }
  }

  /// Finds the types that events are held against, after types or policies have changed: topics come more often.
  private static func updateChecks(in state: inout State) {
    state.checks = state.types.compactMap { type in
      let declaration = type.declaration
      guard type.standing == .active, declaration.schema != nil || !declaration.contentType.isEmpty
      else { return nil }
      let policy = policy(of: type, in: state)
      return policy == .off ? nil : (type, policy == .refuse)
    }
  }

  private static func policy(of type: EventType, in state: State) -> SchemaPolicy {
    state.policies[type.declaration.pattern.description] ?? type.declaration.policy ?? state.policy
  }

  private static func checkAgreement(
    _ declaration: EventType.Declaration, _ others: [EventType]
  ) throws(BusError) {
    let taken = others.first { other in
      other.declaration.pattern == declaration.pattern
        && !other.declaration.agrees(with: declaration)
    }
    if let taken { throw .typeTaken("\(declaration.pattern)", by: taken.owner.name) }
  }

  /// Swaps one generation's declarations for another's.
  ///
  /// - Returns: The patterns whose topics need new tables.
  func swapTypes(_ old: Owner, _ new: Owner, in state: inout State) -> [TopicPattern] {
    for type in state.types where type.owner == old && type.standing == .active {
      type.standing = .suspended
    }
    for type in state.types where type.owner == new { type.standing = .active }
    Self.updateChecks(in: &state)
    return state.types.filter { $0.owner == old || $0.owner == new }.map(\.declaration.pattern)
  }

  /// Takes back all declarations of an owner.
  func removeTypes(of owner: Owner) {
    state.withLock { state in
      let gone = state.types.filter { $0.owner == owner }
      guard !gone.isEmpty else { return }
      state.types.removeAll { $0.owner == owner }
      Self.updateChecks(in: &state)
      rebuildTopics(matching: gone.map(\.declaration.pattern), in: state)
    }
  }
}
