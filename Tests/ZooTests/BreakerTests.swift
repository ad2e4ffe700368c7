import Glibc
import HostSupport
import TestSupport
import Testing

/// Services that fail, are slow, crash or hang, behind circuit breakers, in a host of their own.
@Suite(.serialized) struct BreakerTests {
  private func zoo(_ policy: String) throws -> Zoo {
    let zoo = try Zoo(
      configuration: #"{"drainDeadline": 500, "services": {"moody.get": {\#(policy)}}}"#)
    try zoo.add("moody", source: "moody")
    try zoo.host.start()
    return zoo
  }

  private func breaker(_ zoo: Zoo) throws -> JSON? {
    try zoo.host.ask("breakers", "show", "moody.get").json?.array?.first
  }

  private func ask(_ zoo: Zoo, _ what: String) throws -> RunningHost.Reply {
    try zoo.host.ask("call", "moody.get", "--data", what)
  }

  @Test func `A service that fails is left alone until an operator resets its breaker`() throws {
    let zoo = try zoo(#""breaker": {"consecutiveFailures": 3, "openMilliseconds": 600000}"#)
    for _ in 0..<3 { #expect(try ask(zoo, "fail").errors.contains("out of cheese")) }
    let rejected = try ask(zoo, "now")
    #expect(rejected.status != 0)
    #expect(rejected.errors.contains("its circuit breaker is open since"), "\(rejected.errors)")
    #expect(rejected.errors.contains("'dovetail breakers reset moody.get' closes it now"))
    #expect(try breaker(zoo)?["state"]?.string == "open")
    #expect(try zoo.host.ask("breakers", "reset", "moody.get").status == 0)
    #expect(try zoo.host.call("moody.get", "now") == "well")
    let metrics = try zoo.host.ask("metrics")
    #expect(metrics.output.contains("dovetail_breaker_state"), "\(metrics.output)")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A service that is slow opens its breaker, and closes it when it is quick again`()
    throws
  {
    let zoo = try zoo(
      #""timeLimitMilliseconds": 20, "breaker": {"failureRate": 50, "minimumCalls": 2, "#
        + #""openMilliseconds": 50, "openJitter": 0, "permittedCallsInHalfOpen": 1}"#)
    for _ in 0..<2 { #expect(try ask(zoo, "slow").status == 6) }
    #expect(try breaker(zoo)?["state"]?.string != "closed")
    #expect(try Condition.holds { try zoo.host.call("moody.get", "now") == "well" })
    #expect(try breaker(zoo)?["state"]?.string == "closed")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A service that crashes is quarantined, and another one answers in its place`() throws
  {
    let zoo = try zoo(#""fallback": "witness.ticks", "breaker": {"consecutiveFailures": 1}"#)
    #expect(try zoo.host.call("moody.get", "now") == "well")
    #expect(try Int(zoo.host.call("moody.get", "trap") ?? "") != nil)
    try zoo.expect(["moody": "quarantined", "witness": "active"])
    #expect(try breaker(zoo)?["state"]?.string == "open")
    #expect(try Int(zoo.host.call("moody.get", "now") ?? "") != nil)
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A service that hangs holds no more callers than its bulkhead has places`() throws {
    let zoo = try zoo(#""bulkhead": {"concurrentCalls": 1}"#)
    let client = try ChildProcess(
      [RunningHost.program, "call", "moody.get", "--data", "hang", "--state", zoo.host.state],
      environment: ["HOME": "/"])
    #expect(Condition.holds { zoo.host.log.contains("a creature hangs") }, "\(zoo.host.log)")
    for _ in 0..<3 {
      let rejected = try ask(zoo, "now")
      #expect(
        rejected.errors.contains("its bulkhead is full: 1 of 1 calls run"), "\(rejected.errors)")
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
    #expect(client.wait() != nil, "the caller waits for ever")
  }
}
