import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite final class RouteTests: Sendable {
  private let got = Mutex<[String]>([])

  private func read(_ host: TestHost, _ pattern: String) throws {
    try host.context.subscribe(pattern) { [self] event in
      let way = event.extensions.map { " \($0.name)=\($0.value)" }.joined()
      got.withLock { $0.append("\(event.type) \(event.data)\(way)") }
    }
  }

  private func publish(_ host: TestHost, _ topic: String, _ byte: UInt8, subject: String = "")
    throws
  {
    try host.context.topic(topic).publish(Event(data: [byte], subject: subject))
  }

  @Test func `A route copies or moves what meets its conditions, until it is removed`() throws {
    let host = try TestHost()
    try read(host, ">")
    try host.context.route("order.*", to: "audit.orders")
    let move = try host.context.route(
      "audit.*", to: "far", RouteOptions(.move, filters: [.init(.subject, .equal("away"))]))
    try publish(host, "order.new", 1)
    try publish(host, "order.new", 2, subject: "away")
    try move.remove()
    try publish(host, "order.new", 3, subject: "away")
    #expect(
      got.withLock { $0 } == [
        "audit.orders [1] routehops=1 routedfrom=order.new", "order.new [1]",
        "far [2] routehops=2 routedfrom=order.new", "order.new [2]",
        "audit.orders [3] routehops=1 routedfrom=order.new", "order.new [3]",
      ])
    let error = #expect(throws: PluginError.self) { try move.remove() }
    #expect(error?.code == .gone)
  }

  @Test func `A route of a taken name, to a pattern or from no pattern is refused`() throws {
    let host = try TestHost()
    try host.context.route("a", to: "b", RouteOptions(name: "n"))
    for (from, to, name, code) in [
      ("c", "d", "n", PluginError.Code.exists), ("c", "d.*", "", .invalid),
      ("c..", "d", "", .invalid),
    ] {
      let error = #expect(throws: PluginError.self) {
        try host.context.route(from, to: to, RouteOptions(name: name))
      }
      #expect(error?.code == code)
    }
  }

  @Test func `Routes in a circle end`() throws {
    let host = try TestHost()
    try read(host, "b")
    try host.context.route("a", to: "b")
    try host.context.route("b", to: "a")
    try publish(host, "a", 1)
    #expect(got.withLock { $0.count } == 4)
  }
}
