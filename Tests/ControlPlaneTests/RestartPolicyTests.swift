import PluginHost
import Testing

@testable import ControlPlane

/// When a supervisor starts a host again.
@Suite struct RestartPolicyTests {
  private static let second: UInt64 = 1_000_000_000

  private func settings() -> HostConfiguration.Supervision {
    var settings = HostConfiguration.Supervision()
    (settings.firstDelay, settings.longestDelay) = (100, 1_000)
    (settings.restarts, settings.windowSeconds, settings.stableSeconds) = (100, 600, 60)
    return settings
  }

  @Test func `Delays double up to the longest, with half of each left to chance`() {
    var policy = RestartPolicy(settings())
    let delays = [100, 200, 400, 800, 1_000, 1_000].map { full in
      (policy.died(at: 0, served: nil, jitter: 1), full)
    }
    for (verdict, full) in delays { #expect(verdict == .restart(afterMilliseconds: full)) }
    var lucky = RestartPolicy(settings())
    #expect(lucky.died(at: 0, served: nil, jitter: 0) == .restart(afterMilliseconds: 50))
  }

  @Test func `A host that served long enough is started again as soon as the first time`() {
    var policy = RestartPolicy(settings())
    for _ in 0..<5 { _ = policy.died(at: 0, served: 59 * Self.second, jitter: 1) }
    #expect(
      policy.died(at: 0, served: 60 * Self.second, jitter: 1) == .restart(afterMilliseconds: 100))
  }

  @Test func `Deaths are counted within the window, and only those that nobody is blamed for`() {
    var few = settings()
    few.restarts = 2
    var policy = RestartPolicy(few)
    _ = policy.died(at: 0, served: nil, jitter: 1)
    _ = policy.died(at: 599 * Self.second, served: nil, jitter: 1)
    #expect(
      policy.died(at: 600 * Self.second, served: nil, jitter: 1) != .giveUp(deaths: 3))
    policy.blamed()
    #expect(
      policy.died(at: 601 * Self.second, served: nil, jitter: 1)
        == .restart(afterMilliseconds: 100))
    #expect(policy.died(at: 602 * Self.second, served: nil, jitter: 1) == .giveUp(deaths: 3))
  }

  @Test func `Messages of a host are read as they are written`() {
    let all: [HostMessage] = [
      .ready, .stopping, .alive, .stuck("why=1"), .ended(.timeout), .blamed("a 1.0.0"),
    ]
    for message in all { #expect(HostMessage(message.text) == message) }
    #expect(HostMessage("READY=1\nSTATUS=serving x") == .ready)
    #expect(HostMessage("RELOADING=1\nMONOTONIC_USEC=1") == .other)
    #expect(HostMessage("") == .other)
  }

  @Test func `What a supervisor tells its host survives the way through the environment`() {
    let start = SupervisedStart(
      link: 7, beatMilliseconds: 250,
      report: SupervisionReport(pid: 12, restarts: 3, lastDeath: #"it said "no" = é"#))
    #expect(SupervisedStart(start.text) == start)
    #expect(SupervisedStart("") == nil)
    #expect(SupervisedStart("{}") == nil)
  }
}
