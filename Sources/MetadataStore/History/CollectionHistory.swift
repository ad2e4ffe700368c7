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

  /// How many changes come between two looks at what has grown too old.
  private static let stride = 1024
  private var untilLook = stride

  /// Keeps a change.
  mutating func append(_ change: MetadataChange, at now: Int64 = LogTime.now()) {
    let id = RecordID(change.record.collection, change.record.key)
    var kept = formers[id, default: []]
    kept.append(Former(change: change, time: now))
    if let count = policy.count, kept.count > count { kept.removeFirst(kept.count - count) }
    formers[id] = kept
    untilLook -= 1
    if untilLook == 0 { forget(before: oldest(at: now)) }
  }

  /// How many changes are held, with those that are too old and were not looked at yet.
  var held: Int { formers.values.reduce(0) { $0 + $1.count } }

  private func oldest(at now: Int64) -> Int64 {
    policy.age.map { now - $0 * 1_000_000_000 } ?? .min
  }

  /// Also records that are never written again would be held.
  private mutating func forget(before oldest: Int64) {
    untilLook = Self.stride
    guard oldest > .min else { return }
    formers = formers.compactMapValues { kept in
      let young = kept.filter { $0.time >= oldest }
      return young.isEmpty ? nil : young
    }
  }

  /// The changes of a record that are kept, newest first.
  func changes(of collection: String, _ key: String, limit: Int) -> [MetadataChange] {
    let oldest = oldest(at: LogTime.now())
    return (formers[RecordID(collection, key)] ?? []).reversed().lazy
      .filter { $0.time >= oldest }.prefix(limit).map(\.change)
  }
}
