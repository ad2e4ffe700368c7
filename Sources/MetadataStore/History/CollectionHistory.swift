import HostSupport

/// The former states of records that a collection's definition asks to be kept, in memory.
struct CollectionHistory {
  private struct Former {
    let change: MetadataChange
    let time: Int64
  }

  var policy: HistoryPolicy
  private var formers: [RecordID: [Former]] = [:]

  init(_ policy: HistoryPolicy) { self.policy = policy }

  /// Keeps a change.
  mutating func append(_ change: MetadataChange) {
    let now = LogTime.now()
    let oldest = policy.age.map { now - $0 * 1_000_000_000 } ?? .min
    var kept = formers[RecordID(change.record.collection, change.record.key), default: []]
    kept.append(Former(change: change, time: now))
    let beyond = policy.count.map { max(0, kept.count - $0) } ?? 0
    let tooOld = kept.firstIndex { $0.time >= oldest } ?? kept.count
    kept.removeFirst(max(beyond, tooOld))
    formers[RecordID(change.record.collection, change.record.key)] = kept
  }

  /// The changes of a record that are kept, newest first.
  func changes(of collection: String, _ key: String, limit: Int) -> [MetadataChange] {
    let oldest = policy.age.map { LogTime.now() - $0 * 1_000_000_000 } ?? .min
    return (formers[RecordID(collection, key)] ?? []).reversed().lazy
      .filter { $0.time >= oldest }.prefix(limit).map(\.change)
  }
}
