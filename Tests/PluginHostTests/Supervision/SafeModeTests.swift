import HostSupport
import TestSupport
import Testing

@testable import PluginHost

/// What follows from deaths that nobody is to blame for.
@Suite struct SafeModeTests {
  private let directory = TemporaryDirectory()

  private func record(
    _ deaths: [(Double, Bool)], good: Bool = true, rules: (deaths: Int, seconds: Int) = (3, 600)
  ) -> SafeModeRecord {
    var limits = HostConfiguration.SafeModeRules()
    (limits.deaths, limits.seconds) = rules
    var record = SafeModeRecord()
    for (time, wasReady) in deaths {
      record.note(
        SafeModeRecord.Death(time: time, wasReady: wasReady), limits, hasGoodBuilds: good)
    }
    return record
  }

  @Test func `Three deaths within the window lead to the builds of the last good run`() {
    #expect(record([(0, true), (599, true)]).standing == nil)
    #expect(record([(0, true), (1, true), (601, true)]).standing == nil)
    let standing = record([(0, true), (1, true), (599, true)]).standing
    #expect(standing?.level == .knownGood)
    #expect(
      standing?.cause == "hosts died 3 times within 600 s, and no plugin could be blamed")
  }

  @Test func `One death before the host was ready does too`() {
    let standing = record([(5, false)]).standing
    #expect(standing?.level == .knownGood)
    #expect(standing?.since == 5)
    #expect(
      standing?.cause == "the host died before it was ready, and no plugin could be blamed")
  }

  @Test func `Deaths in safe mode lead to no plugins, and no further`() {
    #expect(record([(0, false), (1, true)]).standing?.level == .knownGood)
    #expect(record([(0, false), (1, false)]).standing?.level == .noPlugins)
    #expect(record([(0, false), (1, true), (2, true), (3, true)]).standing?.level == .noPlugins)
    #expect(record([(0, false), (1, false), (2, false)]).standing?.since == 1)
  }

  @Test func `Where nothing is known to be good no plugin runs, and 0 turns it off`() {
    #expect(record([(0, false)], good: false).standing?.level == .noPlugins)
    #expect(record([(0, false), (1, false)], rules: (0, 600)).standing == nil)
  }

  @Test func `A clock that was set back does not make deaths count for ever`() {
    #expect(record([(900, true), (901, true), (5, true)]).standing == nil)
  }

  @Test func `It outlives hosts that end in order, until an operator leaves it`() throws {
    let path = directory.file("state")
    let rules = HostConfiguration.SafeModeRules()
    func start(
      after former: SafeMode.Former, _ request: SafeMode.Request? = nil, ready: Bool = true
    ) throws -> SafeModeLevel? {
      let state = try StateDirectory.open(path)
      let safeMode = try SafeMode(in: state, after: former, rules, request)
      let level = safeMode.standing?.level
      safeMode.beginStart()
      if ready { safeMode.endStart() }
      if former == .wentWell, request == .leave { try safeMode.leave() }
      return level
    }
    #expect(try start(after: .wentWell) == nil)
    #expect(try start(after: .unexplained, ready: false) == nil)
    #expect(try start(after: .explained) == nil)
    #expect(try start(after: .unexplained, ready: false) == nil)
    #expect(try start(after: .unexplained) == .noPlugins)
    #expect(try start(after: .wentWell) == .noPlugins)
    #expect(try start(after: .wentWell, .enter(.knownGood)) == .knownGood)
    #expect(try start(after: .wentWell) == .noPlugins)
    #expect(try start(after: .wentWell, .leave) == nil)
    #expect(try start(after: .wentWell) == nil)
  }

  @Test func `An end in order in between, or a forced one that was wanted, is no loop`() throws {
    let path = directory.file("state")
    let rules = HostConfiguration.SafeModeRules()
    for former in [SafeMode.Former.unexplained, .unexplained, .wentWell, .unexplained] {
      let safeMode = try SafeMode(in: try StateDirectory.open(path), after: former, rules, nil)
      #expect(safeMode.standing == nil)
    }
    for _ in 0..<4 {
      let safeMode = try SafeMode(
        in: try StateDirectory.open(path), after: .unexplained, rules, nil)
      #expect(safeMode.standing == nil)
      safeMode.beginStop()
    }
  }
}
