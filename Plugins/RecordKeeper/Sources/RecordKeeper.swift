import FoundationEssentials
package import PluginSDK
import Synchronization

/// Keeps what analytics reports: a record a run in the collection `record-keeper`, across restarts.
///
/// Every write is a compare-and-set, so that two hosts on one store, or an operator with `dovetail meta put`, never undo each other's
/// work unseen. A run begins with the first summary after a start of the plugin; a reload continues it.
package final class RecordKeeper: Plugin {
  private struct Settings: Decodable {
    var keep: Int?
  }

  /// The present run: what the next generation goes on from.
  private struct Run: Codable {
    var number: Int64 = 0
    var version: UInt64 = 0
  }

  private static let collection = "record-keeper"
  private static let counter = "runs"
  private static let attempts = 16

  private let context: PluginContext
  private let keep: Int
  private let run = Mutex(Run())
  private let writes = Atomic<Int>(0)
  private let conflicts = Atomic<Int>(0)

  package init(context: PluginContext) throws {
    self.context = context
    keep = try context.settings(as: Settings.self).keep ?? 100
  }

  package func start() throws {
    // One at a time and in order: the queue's promise is what lets `note` read, think and write.
    try context.subscribe(
      to: EventType<Summary>("analytics.summary"), .queued("summaries")
    ) { [self] summary, _ in try note(summary) }
    try context.provide("record-keeper.history") { [self] _ in
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return [UInt8](try encoder.encode(history()))
    }
  }

  package func saveState() throws -> [UInt8] {
    [UInt8](try JSONEncoder().encode(run.withLock { $0 }))
  }

  package func restoreState(_ saved: SavedState) throws {
    let former = try JSONDecoder().decode(Run.self, from: Data(saved.data))
    run.withLock { $0 = former }
  }

  package func metrics() -> [Metric] {
    [
      .counter("writes_total", Double(writes.load(ordering: .relaxed))),
      .counter("conflicts_total", Double(conflicts.load(ordering: .relaxed))),
    ]
  }

  /// The runs that are kept, oldest first.
  private func history() throws -> [RunRecord] {
    try context.metadata.list(RecordKeeper.collection, prefix: "run-").compactMap { record in
      Summary(record.value).map {
        RunRecord(run: record.key, summary: $0, writes: record.version)
      }
    }
  }

  private func note(_ summary: Summary) throws {
    var current = run.withLock { $0 }
    if current.number == 0 { current.number = try beginRun() }
    current.version = try write(summary, current)
    let written = current
    run.withLock { $0 = written }
  }

  /// Takes the next number from the counter that all runs share.
  private func beginRun() throws -> Int64 {
    for _ in 0..<RecordKeeper.attempts {
      let record = try context.metadata.get(RecordKeeper.collection, RecordKeeper.counter)
      let next = (record?.value.int ?? 0) + 1
      let expect = record.map { Expectation.version($0.version) } ?? .absent
      let outcome = try context.metadata.put(
        RecordKeeper.collection, RecordKeeper.counter, .int(next), expect: expect,
        durability: .disk)
      if case .written = outcome {
        try removeOld(before: next)
        return next
      }
      conflicts.add(1, ordering: .relaxed)
    }
    throw PluginError(
      .conflict,
      "the counter of runs was changed by others \(RecordKeeper.attempts) times in a row",
      isRetryable: true)
  }

  /// Writes the run's record over the version that this plugin wrote last, and over another's only when this one knows more.
  private func write(_ summary: Summary, _ current: Run) throws -> UInt64 {
    var expected = current.version
    let value = summary.value(now: Int64(Date().timeIntervalSince1970 * 1e9))
    for _ in 0..<RecordKeeper.attempts {
      let outcome = try context.metadata.put(
        RecordKeeper.collection, RecordKeeper.key(current.number), value,
        expect: expected == 0 ? .absent : .version(expected), durability: .os)
      switch outcome {
      case .written(let written):
        writes.add(1, ordering: .relaxed)
        return written.version
      case .conflict(let found):
        conflicts.add(1, ordering: .relaxed)
        if let found, let kept = Summary(found.value), kept.lastSequence > summary.lastSequence {
          return found.version
        }
        expected = found?.version ?? 0
      }
    }
    throw PluginError(
      .conflict,
      "the record of this run was changed by others \(RecordKeeper.attempts) times in a row",
      isRetryable: true)
  }

  private func removeOld(before next: Int64) throws {
    let oldest = RecordKeeper.key(max(0, next - Int64(keep) + 1))
    for record in try context.metadata.list(RecordKeeper.collection, prefix: "run-")
    where record.key < oldest {
      try context.metadata.remove(RecordKeeper.collection, record.key)
    }
  }

  /// Keys sort as the runs do.
  private static func key(_ number: Int64) -> String {
    let digits = "\(number)"
    return "run-" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }
}
