import HostSupport
import Synchronization
import Testing

@testable import MetadataStore

@Suite struct DurabilityTests {
  let provider = ScriptedProvider()

  func put(_ key: String, _ durability: Durability) -> MetadataWrite {
    MetadataWrite(collection: "c", key: key, value: .null, durability: durability)
  }

  func savedKeys() -> [String] {
    provider.state.withLock { state in
      state.saved.flatMap(\.operations).map { operation in
        switch operation {
        case .put(let record): record.key
        case .remove(_, let key): "-\(key)"
        }
      }
    }
  }

  @Test("Memory writes are written behind, in order")
  func writingBehind() throws {
    let store = try MetadataStore(provider)
    for number in 0..<50 { try store.put(put("k\(number)", .memory)) }
    #expect(provider.wait { $0.saved.count == 50 })
    #expect(savedKeys() == (0..<50).map { "k\($0)" })
    #expect(provider.state.withLock { $0.saved.map(\.revision) } == Array(11...60))
    #expect(provider.state.withLock { $0.durabilities }.allSatisfy { $0 == .os })
    try store.close()
  }

  @Test("A memory write does not wait for the provider, and a disk write goes after it")
  func ordering() throws {
    let store = try MetadataStore(provider)
    provider.state.update { $0.isBlocked = true }
    try store.put(put("a", .memory))
    try store.put(put("b", .memory))
    #expect(store.stats.unsaved == 2)
    let writer = try Thread(name: "disk") { _ = try? store.put(self.put("c", .disk)) }
    #expect(provider.wait { $0.attempts > 0 })
    #expect(store.get("c", "c") == nil)
    provider.state.update { $0.isBlocked = false }
    writer.join()
    #expect(savedKeys() == ["a", "b", "c"])
    #expect(provider.state.withLock { $0.durabilities.last } == .disk)
    #expect(store.get("c", "c")?.version == 1)
    #expect(store.stats.unsaved == 0)
  }

  @Test("Readers do not wait for a write that is being saved")
  func reading() throws {
    let store = try MetadataStore(provider)
    try store.put(put("a", .disk))
    provider.state.update { $0.isBlocked = true }
    let writer = try Thread(name: "disk") { _ = try? store.put(self.put("b", .disk)) }
    #expect(provider.wait { $0.attempts == 2 })
    #expect(store.get("c", "a") != nil)
    #expect(store.snapshot.list("c").count == 1)
    provider.state.update { $0.isBlocked = false }
    writer.join()
    #expect(store.snapshot.list("c").count == 2)
  }

  @Test("A failed save changes nothing, tells no watcher, and uses its revision up")
  func failure() throws {
    let store = try MetadataStore(provider)
    let told = Mutex(0)
    store.setOutbox { _ in told.withLock { $0 += 1 } }
    provider.state.update { $0.isFailing = true }
    for durability in [Durability.os, .disk] {
      let error = #expect(throws: MetadataError.self) { try store.put(put("a", durability)) }
      #expect(error?.description == "nothing was changed: write: No space left on device")
    }
    #expect(store.get("c", "a") == nil)
    #expect(store.stats.revision == 10)
    #expect(store.stats.writes == 0)
    provider.state.update { $0.isFailing = false }
    #expect(
      try store.put(put("a", .disk)) == WriteReceipt(version: 1, revision: 13, durability: .disk))
    try store.close()
    #expect(told.withLock { $0 } <= 1)
  }

  @Test("Writing behind that fails is reported and tried again until it works")
  func retrying() throws {
    let store = try MetadataStore(provider)
    provider.state.update { $0.isFailing = true }
    try store.put(put("a", .memory))
    try store.put(put("b", .memory))
    #expect(provider.wait { $0.attempts >= 2 })
    #expect(store.stats.unsaved == 2)
    #expect(
      store.stats.saveFailure == "nothing was changed: write: No space left on device")
    #expect(store.get("c", "a") != nil)
    #expect(throws: MetadataError.storage("write: No space left on device")) {
      try store.flush()
    }
    provider.state.update { $0.isFailing = false }
    #expect(provider.wait { $0.saved.count == 2 })
    try store.flush()
    #expect(savedKeys() == ["a", "b"])
    #expect(store.stats.saveFailure == nil)
  }

  @Test("Close saves what waits, or says that it could not", arguments: [false, true])
  func closing(isFailing: Bool) throws {
    let store = try MetadataStore(provider)
    provider.state.update { $0.isFailing = isFailing }
    try store.put(put("a", .memory))
    if isFailing {
      #expect(throws: MetadataError.storage("write: No space left on device")) {
        try store.close()
      }
    } else {
      try store.close()
      #expect(savedKeys() == ["a"])
    }
    #expect(provider.state.withLock { $0.isClosed })
    #expect(throws: MetadataError.closed) { try store.put(put("b", .memory)) }
    #expect(throws: MetadataError.closed) { try store.flush() }
  }

  @Test("Flushing to the disk syncs, flushing to the system does not")
  func flushing() throws {
    let store = try MetadataStore(provider)
    try store.flush(.os)
    #expect(provider.state.withLock { $0.syncs } == 0)
    try store.flush(.disk)
    #expect(provider.state.withLock { $0.syncs } == 1)
  }

  @Test("A transaction is saved as one batch with one operation for each record")
  func batches() throws {
    let store = try MetadataStore(provider)
    try store.put(put("gone", .disk))
    try store.transaction([
      put("a", .memory), put("a", .disk), .removing("gone", from: "c"), put("b", .memory),
      .removing("b", from: "c"),
    ])
    let batch = provider.state.withLock { $0.saved.last }
    let record = try #require(store.get("c", "a"))
    #expect(
      batch
        == PersistenceBatch(
          revision: 12,
          operations: [
            .put(record), .remove(collection: "c", key: "gone"),
            .remove(collection: "c", key: "b"),
          ]))
    #expect(record.version == 2)
  }

  @Test("Concurrent disk writers are all saved, in order of revision")
  func concurrency() throws {
    let store = try MetadataStore(provider)
    let threads = try (0..<8).map { index in
      try Thread(name: "w\(index)") {
        for number in 0..<50 {
          _ = try? store.put(self.put("\(index)-\(number)", number % 3 == 0 ? .memory : .disk))
        }
      }
    }
    for thread in threads { thread.join() }
    try store.close()
    // Transactions that met are saved as one batch, of which the revision is that of the last.
    let saved = provider.state.withLock { $0.saved }
    #expect(saved.map(\.revision) == saved.map(\.revision).sorted())
    #expect(saved.last?.revision == 410)
    let revisions = saved.flatMap(\.operations).compactMap { operation -> UInt64? in
      guard case .put(let record) = operation else { return nil }
      return record.modified
    }
    #expect(revisions == Array(11...410))
    #expect(store.stats.records == 400)
  }
}
