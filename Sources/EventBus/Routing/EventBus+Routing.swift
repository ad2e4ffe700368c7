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
  ///   - shadow: Whether it takes effect only when its generation commits.
  /// - Returns: The rule in force.
  /// - Throws: `BusError.invalid` when it closes a cycle, or `.full`.
  public func route(
    _ owner: Owner, _ rule: EventRoute.Rule, shadow: Bool = false
  ) throws(BusError) -> EventRoute {
    let target = try topic(rule.to)
    defer { Reclaimer.shared.collect() }
    return try state.withLock { state throws(BusError) in
      guard state.routes.count < Self.mostRoutes else { throw .full("route: there are 256") }
      let rules = state.routes.filter { $0.standing != .suspended }.map(\.rule)
      if let cycle = Self.cycle(closedBy: rule, among: rules) { throw .invalid(cycle) }
      let route = EventRoute(
        owner: owner, rule: rule, target: target, standing: shadow ? .shadow : .active)
      state.routes.append(route)
      if !shadow { rebuildTopics(matching: [rule.from], in: state) }
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
      let others = state.routes.filter { $0.owner != owner }
      guard others.count + rules.count <= Self.mostRoutes else {
        throw .full("route: at most 256 are allowed")
      }
      var known = others.filter { $0.standing != .suspended }.map(\.rule)
      for rule in rules {
        if let cycle = Self.cycle(closedBy: rule, among: known) { throw .invalid(cycle) }
        known.append(rule)
      }
      let former = state.routes.filter { $0.owner == owner }
      state.routes =
        others
        + zip(rules, targets).map { rule, target in
          former.first { $0.rule == rule }
            ?? EventRoute(owner: owner, rule: rule, target: target, standing: .active)
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
  }

  // MARK: Under the lock

  /// The rules that take events of a topic.
  func routes(from topic: String, in state: State) -> [EventRoute] {
    state.routes.filter { $0.standing == .active && $0.rule.from.matches(topic) }
  }

  /// Swaps one generation's rules for another's.
  ///
  /// - Returns: The patterns whose topics need new tables.
  func swapRoutes(_ old: Owner, _ new: Owner, in state: inout State) -> [TopicPattern] {
    for route in state.routes where route.owner == old && route.standing == .active {
      route.standing = .suspended
    }
    for route in state.routes where route.owner == new { route.standing = .active }
    return state.routes.filter { $0.owner == old || $0.owner == new }.map(\.rule.from)
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
