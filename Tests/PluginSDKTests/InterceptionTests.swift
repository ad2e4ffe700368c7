import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct InterceptionTests {
  @Test func `An interceptor amends, keeps and refuses events`() throws {
    let host = try TestHost()
    try host.context.intercept("mail.*", InterceptionOptions(.events)) {
      (exchange) throws(PluginFailure) in
      #expect(exchange.stage == .event)
      #expect(exchange.caller == "test")
      switch exchange.event?.subject {
      case "spam": throw PluginError(.failed, "no spam")
      case "mine": exchange.answer()
      case "plain": exchange.event?.data = [7]
      default: break
      }
    }
    let got = Mutex<[Event]>([])
    try host.context.subscribe("mail.in") { event in got.withLock { $0.append(event) } }
    let topic = try host.context.topic("mail.in")
    for subject in ["plain", "mine", "other"] {
      try topic.publish(Event(data: [1], subject: subject))
    }
    let refusal = #expect(throws: PluginError.self) {
      try topic.publish(Event(data: [1], subject: "spam"))
    }
    #expect(refusal?.code == .denied && refusal?.message == "no spam")
    #expect(got.withLock { $0.map(\.subject) } == ["plain", "other"])
    #expect(got.withLock { $0.map(\.data) } == [[7], [1]])
    #expect(got.withLock { $0.map(\.source) } == ["test", "test"])
  }

  @Test func `Interceptors stand around a service, the higher priority outside`() throws {
    let host = try TestHost()
    try host.context.provide("add") { (request) throws(PluginFailure) in
      if request.data.isEmpty { throw PluginError(.invalid, "nothing to add") }
      return [request.data.reduce(0, +)]
    }
    let seen = Mutex<[String]>([])
    try host.context.intercept("add", InterceptionOptions(priority: 1)) { exchange in
      seen.withLock { $0.append("outer \(exchange.stage) \(exchange.data)") }
      if exchange.stage == .reply, exchange.failure == .invalid { exchange.data = [0] }
    }
    let inner = try host.context.intercept("add", InterceptionOptions([.requests, .replies])) {
      exchange in
      seen.withLock { $0.append("inner \(exchange.stage) \(exchange.data)") }
      if exchange.stage == .request, exchange.data == [9] { exchange.answer([99]) }
      if exchange.stage == .request, exchange.data == [1] { exchange.data = [1, 1] }
    }
    #expect(try host.context.call("add", [1]) == [2])
    #expect(
      seen.withLock { $0 } == [
        "outer request [1]", "inner request [1]", "inner reply [2]", "outer reply [2]",
      ])
    #expect(try host.context.call("add", [9]) == [99])
    #expect(try host.context.call("add", []) == [0])
    try inner.cancel()
    #expect(try host.context.call("add", [1]) == [1])
  }
}
