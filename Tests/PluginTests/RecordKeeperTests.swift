import PluginSDK
import PluginTestKit
import Testing

@testable import RecordKeeper

@Suite struct RecordKeeperTests {
  private let host: TestHost
  private let summaries: Publisher<Summary>

  init() throws {
    host = try TestHost(settings: #"{"keep": 3}"#)
    summaries = try host.context.publisher(EventType<Summary>("analytics.summary"))
  }

  private func summary(_ lines: UInt64, version: String = "1.0.0") throws {
    try summaries.publish(
      try #require(
        Summary([
          "version": .string(version), "lines": .int(Int64(lines)), "lost": 0, "duplicated": 0,
          "lastSequence": .int(Int64(lines)),
        ])))
  }

  private func history() throws -> [RunRecord] {
    try host.reply("record-keeper.history", as: [RunRecord].self)
  }

  private func record(_ key: String) throws -> Record? {
    try host.context.metadata.get("record-keeper", key)
  }

  @Test func `A run is a record that every summary changes`() throws {
    let plugin = try host.run(RecordKeeper.self, id: "record-keeper")
    #expect(try history().isEmpty)
    try summary(1)
    try summary(5, version: "2.0.0")
    let runs = try history()
    #expect(runs.map(\.run) == ["run-0000000001"])
    #expect(runs.map(\.summary.lines) == [5])
    #expect(runs.map(\.summary.version) == ["2.0.0"])
    #expect(runs.map(\.writes) == [2])
    #expect(plugin.metrics() == ["writes_total": 2, "conflicts_total": 0])
  }

  @Test func `A reload goes on with the run`() throws {
    let old = try host.run(RecordKeeper.self, id: "record-keeper")
    try summary(1)
    let new = try host.reload(old, as: RecordKeeper.self, schema: "record-keeper.run")
    try summary(2)
    #expect(try history().map(\.writes) == [2])
    #expect(new.metrics()["conflicts_total"] == 0)
  }

  @Test func `Every start is a run of its own, and the oldest make room`() throws {
    for lines: UInt64 in 1...5 {
      let plugin = try host.run(RecordKeeper.self, id: "record-keeper")
      try summary(lines)
      try plugin.stop()
    }
    _ = try host.run(RecordKeeper.self, id: "record-keeper")
    #expect(try history().map(\.run) == ["run-0000000003", "run-0000000004", "run-0000000005"])
    #expect(try history().map(\.summary.lines) == [3, 4, 5])
    #expect(try record("runs")?.value == 5)
  }

  @Test func `Another's change is met, and overwritten only by one who knows more`() throws {
    let plugin = try host.run(RecordKeeper.self, id: "record-keeper")
    try summary(1)
    let key = "run-0000000001"
    let ours = try #require(try record(key))
    // Another host on the same store has come further.
    let further = try #require(
      Summary(ours.value).map { old in
        var summary = old
        summary.lastSequence = 10
        return summary
      })
    try host.context.metadata.put("record-keeper", key, further.value(now: 0))
    try summary(5)
    #expect(try record(key)?.value == further.value(now: 0))
    #expect(plugin.metrics()["conflicts_total"] == 1)
    try summary(20)
    #expect(try history().map(\.summary.lastSequence) == [20])
  }

  @Test func `A record that was removed or spoilt is written again`() throws {
    let plugin = try host.run(RecordKeeper.self, id: "record-keeper")
    try summary(1)
    try host.context.metadata.put("record-keeper", "run-0000000001", "spoilt")
    #expect(try history().isEmpty)
    try summary(2)
    #expect(try history().map(\.summary.lines) == [2])
    try host.context.metadata.remove("record-keeper", "run-0000000001")
    try summary(3)
    #expect(try history().map(\.summary.lines) == [3])
    #expect(plugin.metrics()["conflicts_total"] == 2)
  }

  @Test func `A summary that cannot be read fails that delivery only`() throws {
    _ = try host.run(RecordKeeper.self, id: "record-keeper")
    try host.context.topic("analytics.summary").publish(bytes: Array("{}".utf8))
    #expect(host.failures.map(\.code) == [.invalid])
    try summary(1)
    #expect(try history().count == 1)
  }
}
