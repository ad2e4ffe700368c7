import CHostSupport
import Synchronization

/// Rules that take events from topic to topic.
extension EventBus {
  /// Rules that there may be.
  public static let mostRoutes = 256

  /// Adds a rule.
  ///
  /// - Parameters:
  ///   - owner: Whose it is.
  ///   - rule: What is asked for.
  ///   - name: Unique in its owner; `nil` for the pattern and an ordinal, `order.*#1`.
  ///   - shadow: Whether it takes effect only when its generation commits.
  /// - Returns: The rule in force.
  /// - Throws: `BusError.invalid` when it closes a cycle, `.nameTaken` or `.full`.
  public func route(
    _ owner: Owner, _ rule: EventRoute.Rule, name: String? = nil, shadow: Bool = false
  ) throws(BusError) -> EventRoute {
    let target = try topic(rule.to)
    defer { Reclaimer.shared.collect() }
    return try state.withLock { state throws(BusError) in
      // Those of the generation before go when this one commits.
      let others = state.routes.filter {
        $0.standing != .suspended && ($0.owner == owner || $0.owner.name != owner.name)
      }
      let route = try Self.make(owner, rule, name, to: target, beside: others, in: &state)
      guard !shadow else { return route }
      route.standing = .active
      rebuildTopics(matching: [rule.from], in: state)
      return route
    }
  }

  /// Replaces all rules of an owner, or none.
  ///
  /// - Throws: `BusError.invalid` when they close a cycle, or `.full`; then the former ones stay.
  public func setRoutes(_ owner: Owner, _ rules: [EventRoute.Rule]) throws(BusError) {
    var targets: [Topic] = []
    for rule in rules { targets.append(try topic(rule.to)) }
    defer { Reclaimer.shared.collect() }
    try state.withLock { state throws(BusError) in
      let before = state.routes
      let former = before.filter { $0.owner == owner }
      let others = before.filter { $0.owner != owner && $0.standing != .suspended }
      state.routes.removeAll { $0.owner == owner }
      do throws(BusError) {
        for (rule, target) in zip(rules, targets) {
          let beside = others + state.routes.filter { $0.owner == owner }
          let route = try Self.make(owner, rule, nil, to: target, beside: beside, in: &state)
          if let same = former.first(where: { $0.rule == rule }) { route.countOn(from: same) }
          route.standing = .active
        }
      } catch {
        state.routes = before
        throw error
      }
      rebuildTopics(matching: former.map(\.rule.from) + rules.map(\.from), in: state)
    }
  }

  /// Takes a rule away: events that are published from now on are not taken.
  ///
  /// - Throws: `BusError.gone` when it was taken away already.
  public func remove(_ route: EventRoute) throws(BusError) {
    defer { Reclaimer.shared.collect() }
    try state.withLock { state throws(BusError) in
      guard state.routes.contains(where: { $0 === route }) else { throw .gone }
      state.routes.removeAll { $0 === route }
      rebuildTopics(matching: [route.rule.from], in: state)
    }
  }

  /// The rules in force, in the order in which they were added.
  public var routes: [EventRoute] {
    state.withLock { state in state.routes.filter { $0.standing == .active } }
      .sorted { $0.ordinal < $1.ordinal }
  }

  // MARK: Under the lock

  /// Makes a rule in the shadow.
  private static func make(
    _ owner: Owner, _ rule: EventRoute.Rule, _ name: String?, to target: Topic,
    beside others: [EventRoute], in state: inout State
  ) throws(BusError) -> EventRoute {
    guard others.count < mostRoutes else { throw .full("route: there are \(mostRoutes)") }
    let own = others.filter { $0.owner == owner }.map(\.name)
    let name = try freeName(name, for: rule.from, among: own)
    if let cycle = cycle(closedBy: rule, among: others.map(\.rule)) { throw .invalid(cycle) }
    state.ordinal += 1
    let route = EventRoute(
      owner: owner, name: name, rule: rule, target: target, ordinal: state.ordinal,
      standing: .shadow)
    state.routes.append(route)
    return route
  }

  /// The rules that take events of a topic, in order.
  func routes(from topic: String, in state: State) -> [EventRoute] {
    state.routes.filter { $0.standing == .active && $0.rule.from.matches(topic) }
      .sorted { $0.ordinal < $1.ordinal }
  }

  /// Swaps one generation's rules for another's, by name: what one counted, and its place among the others, stay.
  ///
  /// - Returns: The patterns whose topics need new tables.
  func swapRoutes(_ old: Owner, _ new: Owner, in state: inout State) -> [TopicPattern] {
    let former = state.routes.filter { $0.owner == old && $0.standing == .active }
    let coming = state.routes.filter { $0.owner == new && $0.standing != .active }
    for route in coming {
      if let predecessor = former.first(where: { $0.name == route.name }) {
        route.ordinal = predecessor.ordinal
        route.countOn(from: predecessor)
      }
      route.standing = .active
    }
    for route in former { route.standing = .suspended }
    return (former + coming).map(\.rule.from)
  }

  /// Takes away all rules of an owner.
  func removeRoutes(of owner: Owner) {
    state.withLock { state in
      let gone = state.routes.filter { $0.owner == owner }
      guard !gone.isEmpty else { return }
      state.routes.removeAll { $0.owner == owner }
      rebuildTopics(matching: gone.map(\.rule.from), in: state)
    }
  }

  /// The cycle that a rule would close with others, in prose; `nil` when it closes none.
  private static func cycle(closedBy rule: EventRoute.Rule, among others: [EventRoute.Rule])
    -> String?
  {
    var paths = [[rule]]
    var seen: Set<String> = []
    while let path = paths.popLast() {
      guard let last = path.last, seen.insert(last.to).inserted else { continue }
      if rule.from.matches(last.to) {
        let way = path.map { "\($0.from) → \($0.to)" }.joined(separator: ", ")
        return "the route \(rule.from) → \(rule.to) leads back to where it begins (\(way)); "
          + "take one of these routes away, or choose another topic"
      }
      paths += others.filter { $0.from.matches(last.to) }.map { path + [$0] }
    }
    return nil
  }
}
