import PluginResilience
import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct ResilienceTests {
  private static let count = ServiceType<String, Int>("words.count")

  private func host() throws -> TestHost {
    let host = try TestHost()
    try host.context.provide(Self.count) { (text: String) throws -> Int in
      if text == "fail" { throw PluginError(.failed, "no") }
      if text == "wrong" { throw PluginError(.invalid, "not a text") }
      return text.count
    }
    try host.context.provide("words.guess") { _ in Array("-1".utf8) }
    return host
  }

  @Test func `A call says who answered`() throws {
    let host = try host()
    let direct = try host.context.execute(Self.count, "four")
    #expect(direct.reply == 4)
    #expect(direct.cause == nil)
    let helped = try host.context.execute(
      Self.count, "fail", Execution(fallback: "words.guess"))
    #expect(helped.reply == -1)
    #expect(helped.cause == .failed)
    let absent = try host.context.execute("no.such", [], Execution(fallback: "words.guess"))
    #expect(absent.reply == Array("-1".utf8))
    #expect(absent.cause == .notFound)
  }

  @Test func `What was wrong with a request is the caller's to know`() throws {
    let host = try host()
    #expect(throws: PluginError(.invalid, "not a text")) {
      try host.context.execute(Self.count, "wrong", Execution(fallback: "words.guess"))
    }
    #expect(throws: PluginError(.failed, "no")) {
      try host.context.execute(
        Self.count, "fail", Execution(fallback: "words.guess", fallsBack: false))
    }
  }

  @Test func `A test opens breakers`() throws {
    let host = try host()
    host.openBreaker(of: "words.count")
    let error = #expect(throws: PluginError.self) { try host.context.call(Self.count, "four") }
    #expect(error?.code == .unavailable)
    #expect(error?.isRetryable == true)
    let helped = try host.context.execute(
      Self.count, "four", Execution(fallback: "words.guess"))
    #expect(helped.cause == .unavailable)
    let state = try host.context.breaker(of: "words.count")
    #expect(state.phase == .open(probesIn: nil))
    #expect(state.rejected == 2)
    // Calls that name a breaker of their own pass that one.
    #expect(try host.context.execute(Self.count, "four", Execution(breaker: "bulk")).reply == 4)
    host.closeBreaker(of: "words.count")
    #expect(try host.context.breaker(of: "words.count").phase == .closed)
    #expect(try host.context.call(Self.count, "four") == 4)
  }
}
