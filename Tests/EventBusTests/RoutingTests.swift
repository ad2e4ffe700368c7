import HostSupport
import Testing

@testable import EventBus

@Suite(.serialized) struct RoutingTests {
  let fixture = Fixture()
  let seen = Log<String>()
  let reader = Owner(name: "reader", generation: 1)
  let router = Owner(name: "router", generation: 1)

  private func rule(
    _ from: String, _ to: String, _ mode: EventRoute.Mode = .copy,
    _ conditions: [EventCondition] = []
  ) throws -> EventRoute.Rule {
    try EventRoute.Rule(from: TopicPattern(from), conditions: conditions, to: to, mode: mode)
  }

  private func read(_ topics: String...) throws {
    for topic in topics {
      let seen = seen
      try fixture.subscribe(reader, topic) {
        seen.append("\(topic) \($0.number)")
        return 0
      }
    }
  }

  @Test("a route copies or moves events of a pattern that meet its conditions, and counts them")
  func routed() throws {
    try read("a.x", "a.y", "copies", "moved")
    let copy = try fixture.bus.route(router, rule("a.*", "copies"))
    let move = try fixture.bus.route(
      router,
      rule("a.y", "moved", .move, [EventCondition(.attribute(.subject), .equal, "far")]))
    fixture.publish(try fixture.bus.topic("a.x"), 1, subject: "far")
    fixture.publish(try fixture.bus.topic("a.y"), 2, subject: "near")
    fixture.publish(try fixture.bus.topic("a.y"), 3, subject: "far")
    #expect(
      seen.all == ["copies 1", "a.x 1", "copies 2", "a.y 2", "copies 3", "moved 3"])
    #expect(copy.routed == 3 && move.routed == 1)
    // What was moved away reached no handler there; what came by a route was published, too.
    #expect(
      ["a.x", "a.y", "copies", "moved"].map { fixture.bus.openedTopic($0)?.published } == [
        1, 2, 3, 1,
      ])
    #expect(
      ["a.x", "a.y", "copies", "moved"].map { fixture.bus.openedTopic($0)?.delivered } == [
        1, 1, 3, 1,
      ])
    #expect(fixture.ledger.live == 0)
    try fixture.bus.remove(copy)
    fixture.publish(try fixture.bus.topic("a.x"), 4)
    #expect(seen.all.last == "a.x 4" && copy.routed == 3)
    #expect(throws: BusError.gone) { try fixture.bus.remove(copy) }
  }

  @Test("routes that lead in a circle are refused, with the way")
  func cycles() throws {
    _ = try fixture.bus.route(router, rule("a.*", "b.x"))
    _ = try fixture.bus.route(router, rule("b.>", "c"))
    let refusal = #expect(throws: BusError.self) {
      try fixture.bus.route(router, rule("c", "a.z"))
    }
    #expect(
      refusal?.description
        == "the route c → a.z leads back to where it begins (c → a.z, a.* → b.x, b.> → c); "
        + "take one of these routes away, or choose another topic")
    #expect(throws: BusError.self) { try fixture.bus.route(router, rule(">", "d")) }
    #expect(throws: BusError.self) {
      try fixture.bus.setRoutes(router, [rule("p", "q"), rule("q", "p")])
    }
    #expect(fixture.bus.routes.map { "\($0.rule.from)" } == ["a.*", "b.>"])
    try fixture.bus.setRoutes(router, [rule("c", "a.z")])
    #expect(fixture.bus.routes.map(\.rule.to) == ["a.z"])
  }

  @Test("an event that went from route to route too often is taken no further, and counted")
  func hops() throws {
    for number in 0..<4 {
      _ = try fixture.bus.route(router, rule("t\(number)", "t\(number + 1)", .move))
    }
    try read("t3", "t4")
    #expect(fixture.publish(try fixture.bus.topic("t0"), 1) == nil)
    #expect(seen.all == ["t3 1"])
    #expect(fixture.bus.routeLoops == 1)
    #expect(fixture.bus.routes.map(\.loops) == [0, 0, 0, 1])
    #expect(fixture.ledger.live == 0)
  }

  @Test("a reload hands the routes of a plugin over, and its end takes them away")
  func handedOver() throws {
    let next = Owner(name: "router", generation: 2)
    try read("old", "new")
    _ = try fixture.bus.route(router, rule("a", "old"))
    _ = try fixture.bus.route(next, rule("a", "new"), shadow: true)
    let topic = try fixture.bus.topic("a")
    fixture.publish(topic, 1)
    fixture.bus.closeGates(of: [router], callables: [])
    _ = fixture.bus.handOver(from: router, to: next, recorder: nil, replaying: nil)
    fixture.publish(topic, 2)
    #expect(seen.all == ["old 1", "new 2"])
    _ = fixture.bus.revoke(router, until: .after(milliseconds: 1000))
    _ = fixture.bus.revoke(next, until: .after(milliseconds: 1000))
    #expect(fixture.bus.routes.isEmpty)
    fixture.publish(topic, 3)
    #expect(seen.count == 2)
  }

  @Test(
    "a route keeps its place and its count through a reload, by name; its generations may turn it round"
  )
  func named() throws {
    let next = Owner(name: "router", generation: 2)
    try read("b")
    let first = try fixture.bus.route(router, rule("a", "b"), name: "one")
    _ = try fixture.bus.route(router, rule("a", "c"))
    #expect(throws: BusError.nameTaken("one")) {
      try fixture.bus.route(router, rule("x", "y"), name: "one")
    }
    fixture.publish(try fixture.bus.topic("a"), 1)
    let second = try fixture.bus.route(next, rule("b", "a"), name: "one", shadow: true)
    #expect(throws: BusError.self) { try fixture.bus.route(reader, rule("b", "a")) }
    fixture.bus.closeGates(of: [router], callables: [])
    _ = fixture.bus.handOver(from: router, to: next, recorder: nil, replaying: nil)
    fixture.publish(try fixture.bus.topic("b"), 2)
    #expect(seen.all == ["b 1", "b 2"])
    #expect(second.routed == 2 && first.routed == 2)
    #expect(fixture.bus.routes.map(\.name) == ["one"])
  }

  @Test("there are at most 256 routes, and those of a generation that goes do not count")
  func bounded() throws {
    for number in 0..<EventBus.mostRoutes {
      _ = try fixture.bus.route(router, rule("a", "t\(number)"))
    }
    #expect(throws: BusError.full("route: there are 256")) {
      try fixture.bus.route(reader, rule("a", "b"))
    }
    _ = try fixture.bus.route(
      Owner(name: "router", generation: 2), rule("a", "t0"), shadow: true)
    #expect(fixture.bus.routes.map(\.name).last == "a#256")
  }
}
