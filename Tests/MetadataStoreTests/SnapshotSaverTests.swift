import HostSupport
import TestSupport
import Testing

@testable import MetadataStore

@Suite struct SnapshotSaverTests {
  let folder = TemporaryDirectory(inMemory: true)
  static let never = 3_600_000

  func put(_ key: String, _ number: Int64 = 0) -> MetadataWrite {
    MetadataWrite(collection: "c", key: key, value: .int(number), durability: .memory)
  }

  func open(
    _ target: any PersistenceProvider, every milliseconds: Int = never
  ) throws -> (MetadataStore, SnapshotSaver) {
    let store = try MetadataStore(MemoryProvider(restoring: target))
    let saver = try SnapshotSaver(every: milliseconds, to: target, since: store.snapshot) {
      store.snapshot
    }
    return (store, saver)
  }

  @Test("A store in memory comes back as its last snapshot was, removals too")
  func restoring() throws {
    let path = folder.file("store")
    var (store, saver) = try open(FileProvider(path: path))
    for number in 0..<50 { try store.put(put("k\(number)", Int64(number))) }
    try saver.save()
    try store.put(put("k1", 100))
    try store.remove("c", "k2", durability: .memory)
    try store.put(put("new"))
    #expect(try store.put(put("late")).durability == .memory)
    try saver.close()
    try store.close()
    (store, saver) = try open(FileProvider(path: path))
    #expect(store.stats.records == 51)
    #expect(store.get("c", "k1")?.value == .int(100))
    #expect(store.get("c", "k1")?.version == 2)
    #expect(store.get("c", "k2") == nil)
    #expect(store.get("c", "late") != nil)
    try store.remove("c", "new", durability: .memory)
    try saver.close()
    try store.close()
    (store, saver) = try open(FileProvider(path: path))
    #expect(store.stats.records == 50)
    try saver.close()
  }

  @Test(
    "Only what changed since the last snapshot is saved, as one batch, and nothing when nothing did"
  )
  func changes() throws {
    let target = ScriptedProvider()
    let (store, saver) = try open(target)
    for number in 0..<20 { try store.put(put("k\(number)")) }
    try saver.save()
    try saver.save()
    try store.put(put("k3", 1))
    try store.remove("c", "k4", durability: .memory)
    // Removed and made again: there as before, and not as before.
    try store.remove("c", "k5", durability: .memory)
    try store.put(put("k5", 1))
    // Neither snapshot has it.
    try store.put(put("brief"))
    try store.remove("c", "brief", durability: .memory)
    try saver.save()
    let saved = target.state.withLock { $0.saved }
    #expect(saved.map(\.operations.count) == [20, 3])
    let records = try ["k3", "k5"].map { try #require(store.get("c", $0)) }
    #expect(
      Set(saved[1].operations.map { "\($0)" })
        == Set(
          (records.map { PersistenceOperation.put($0) } + [.remove(collection: "c", key: "k4")])
            .map { "\($0)" }))
    #expect(saver.stats.changes == 23)
    #expect(saver.stats.snapshots == 2)
    #expect(saver.stats.revision == store.snapshot.revision)
    try saver.close()
    #expect(target.state.withLock { $0.isClosed })
  }

  @Test("A large snapshot comes in several batches of one revision, and no revision goes back")
  func revisions() throws {
    let target = ScriptedProvider()
    let (store, saver) = try open(target)
    let count = 2 * SnapshotSaver.batchCount + 1
    try store.transaction((0..<count).map { put("k\($0)") })
    try saver.save()
    try store.put(put("last"))
    try saver.save()
    let saved = target.state.withLock { $0.saved }
    #expect(
      saved.map(\.operations.count) == [SnapshotSaver.batchCount, SnapshotSaver.batchCount, 1, 1])
    #expect(saved.map(\.revision) == [11, 11, 11, 12])
    try saver.close()
  }

  @Test("A provider that was away gets what it lacks, also when it has a part of a snapshot")
  func resuming() throws {
    let (store, saver) = try open(FileProvider(path: folder.file("store")))
    for number in 0..<20 { try store.put(put("k\(number)")) }
    try saver.close()
    try store.put(put("k1", 1))
    try store.put(put("new"))
    try store.remove("c", "k2", durability: .memory)
    do {
      // A part of a snapshot, such as a crash leaves.
      let provider = FileProvider(path: folder.file("store"))
      _ = try provider.load { _ in }
      _ = try provider.save(
        PersistenceBatch(
          revision: store.snapshot.revision,
          operations: [.put(try #require(store.get("c", "new")))]), durability: .disk)
      try provider.close()
    }
    let target = FileProvider(path: folder.file("store"))
    let next = try SnapshotSaver(every: Self.never, resuming: target) { store.snapshot }
    try next.save()
    #expect(next.stats.changes == 2)
    var kept: [String: MetadataValue] = [:]
    try target.forEach { kept[$0.key] = $0.value }
    #expect(kept.count == 20)
    #expect(kept["k1"] == .int(1) && kept["k2"] == nil && kept["new"] == .int(0))
    try store.put(put("k3", 3))
    try next.save()
    #expect(next.stats.changes == 3)
    try next.close()

    let stranger = try MetadataStore()
    let error = #expect(throws: MetadataError.self) {
      try SnapshotSaver(every: Self.never, resuming: FileProvider(path: folder.file("store"))) {
        stranger.snapshot
      }
    }
    #expect(error?.description.contains("somebody else wrote to it") == true)
  }

  @Test("A snapshot that fails is reported, and the next one saves what it did not")
  func failure() throws {
    let target = ScriptedProvider()
    let (store, saver) = try open(target)
    target.state.update { $0.isFailing = true }
    try store.put(put("a"))
    #expect(throws: MetadataError.self) { try saver.save() }
    #expect(saver.stats.failure == "nothing was changed: write: No space left on device")
    try store.remove("c", "a", durability: .memory)
    try store.put(put("b"))
    #expect(throws: MetadataError.self) { try saver.save() }
    target.state.update { $0.isFailing = false }
    try saver.save()
    // The failed attempt may have put it.
    let operations = target.state.withLock { $0.saved.flatMap(\.operations) }
    #expect(operations.contains(.remove(collection: "c", key: "a")))
    #expect(operations.count == 2)
    #expect(saver.stats.failure == nil)
    try saver.close()
  }

  @Test("Writers go on while a snapshot is being saved, and it is of one moment")
  func writing() throws {
    let target = ScriptedProvider()
    let (store, saver) = try open(target, every: 1)
    try store.transaction([put("a", 1), put("b", 1)])
    target.state.update { $0.isBlocked = true }
    try store.transaction([put("a", 2), put("b", 2)])
    for number in 3...200 as ClosedRange<Int64> {
      try store.transaction([put("a", number), put("b", number)])
    }
    target.state.update { $0.isBlocked = false }
    #expect(
      Condition.wait(milliseconds: 10_000) {
        saver.stats.revision == store.snapshot.revision ? true : nil
      } == true)
    for batch in target.state.withLock({ $0.saved }) {
      let values = Set(
        batch.operations.map { operation in
          if case .put(let record) = operation { record.value } else { MetadataValue.null }
        })
      #expect(batch.operations.count == 2)
      #expect(values.count == 1)
    }
    try saver.close()
    #expect(throws: MetadataError.closed) { try saver.save() }
  }
}
