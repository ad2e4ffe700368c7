import Glibc
import HostSupport
import TestSupport
import Testing

/// Services that fail, are slow, crash or hang, behind circuit breakers, in a host of their own.
@Suite(.serialized) struct BreakerTests {
  private func zoo(_ policy: String, isolated: [String] = []) throws -> Zoo {
    let ids = isolated.map { "\"\($0)\"" }.joined(separator: ", ")
    let zoo = try Zoo(
      configuration: #"{"drainDeadline": 500, "isolation": {"isolated": [\#(ids)]}, "#
        + #""services": {"moody.get": {\#(policy)}}}"#)
    try zoo.add("moody", source: "moody")
    try zoo.add(
      "chooser", [], #""permissions": {"services": ["moody.get", "witness.ticks"]}"#,
      source: "chooser")
    try zoo.host.start()
    return zoo
  }

  private func breaker(_ zoo: Zoo) throws -> JSON? {
    try zoo.host.ask("breakers", "show", "moody.get").json?.array?.first
  }

  private func ask(_ zoo: Zoo, _ what: String) throws -> RunningHost.Reply {
    try zoo.host.ask("call", "moody.get", "--data", what)
  }

  @Test(arguments: [[], ["moody"]])
  func `A service that fails is left alone until an operator resets its breaker`(isolated: [String])
    throws
  {
    let zoo = try zoo(
      #""breaker": {"consecutiveFailures": 3, "openMilliseconds": 600000}"#, isolated: isolated)
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

  @Test(arguments: [[], ["moody"], ["chooser"], ["moody", "chooser"]])
  func `A caller has a fallback and a breaker of its own, wherever it and the service run`(
    isolated: [String]
  ) throws {
    let zoo = try zoo(#""breaker": {"consecutiveFailures": 2}"#, isolated: isolated)
    func run(_ what: String) throws -> String { try zoo.host.call("chooser.run", what) ?? "" }
    #expect(try run("now") == "0 0 0 well")
    #expect(try run("fail").hasPrefix("0 1 0 "))
    #expect(try run("fail").hasPrefix("0 1 1 "))
    #expect(try run("now").hasPrefix("0 17 1 "))
    let breakers = try zoo.host.ask("breakers").json?.array ?? []
    #expect(
      breakers.map { "\($0["name"]?.string ?? "") \($0["state"]?.string ?? "")" }
        == ["moody.get closed", "moody.get@chooser/mine open"])
    #expect(try zoo.host.call("moody.get", "now") == "well")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A worker that dies fails its calls, and its breaker opens`() throws {
    let zoo = try zoo(
      #""breaker": {"consecutiveFailures": 1, "openMilliseconds": 600000}"#, isolated: ["moody"])
    #expect(try ask(zoo, "trap").status != 0)
    // The next worker may come at once: a new provider is on trial.
    let tried = try Condition.holds {
      try ["open", "half-open"].contains(breaker(zoo)?["state"]?.string)
        && breaker(zoo)?["transitions"]?["opened"]?.int == 1
    }
    #expect(tried, "\(zoo.host.log)")
    #expect(try Condition.holds { try zoo.host.call("moody.get", "now") == "well" })
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
