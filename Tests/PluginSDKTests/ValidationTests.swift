import PluginSDK
import PluginTestKit
import PluginValidation
import Synchronization
import Testing

/// `Metadata.validate`, against a `TestHost`.
@Suite struct ValidationTests {
  @Test func `A validator sees writes as they would be, amends them, and refuses them`() throws {
    let metadata = try TestHost().context.metadata
    let seen = Mutex<[String]>([])
    try metadata.validate("shop.*") { write, store in
      seen.withLock {
        $0.append(
          "\(write.collection)/\(write.key) \(write.record?.value.int ?? -1) \(write.value?.int ?? -1) "
            + "\(store.revision) \((try? store.list("shop.a").count) ?? -1)")
      }
      guard let number = write.value?.int else { return }
      guard number != 13 else { throw PluginError(.failed, "13 is unlucky") }
      if number < 10 { write.value = .int(number * 10) }
    }
    try metadata.put("shop.a", "k", 20)
    try metadata.put("shop.a", "k", 2)
    #expect(try metadata.get("shop.a", "k")?.value == 20)
    try metadata.put("other", "k", 2)
    #expect(try metadata.get("other", "k")?.value == 2)
    let changes: [RecordChange] = [
      .put("other", "x", 1), .put("shop.b", "x", 1), .put("shop.b", "x", 50),
      .remove("shop.a", "k"),
    ]
    try metadata.transact(changes)
    #expect(try metadata.get("shop.b", "x")?.value == 50)
    let error = #expect(throws: PluginError.self) {
      try metadata.transact([.put("shop.b", "y", 1), .put("shop.b", "z", 13)])
    }
    #expect(error?.code == .denied && error?.message.contains("13 is unlucky") == true)
    #expect(try metadata.get("shop.b", "y") == nil)
    #expect(
      seen.withLock { $0 } == [
        "shop.a/k -1 20 0 0", "shop.a/k 20 2 1 1", "shop.b/x -1 1 3 1", "shop.b/x 1 50 3 1",
        "shop.a/k 20 -1 3 1", "shop.b/y -1 1 4 0", "shop.b/z -1 13 4 0",
      ])
  }

  @Test func `Validators are asked by priority, until they are cancelled, and write nothing`()
    throws
  {
    let metadata = try TestHost().context.metadata
    let codes = Mutex<[PluginError.Code]>([])
    let first = try metadata.validate("c", name: "low", priority: -1) {
      write, _ in
      write.value = .int((write.value?.int ?? 0) + 1)
    }
    try metadata.validate("c", name: "high") { write, _ in
      do throws(PluginError) { try metadata.put("d", "k", 1) } catch {
        codes.withLock { $0.append(error.code) }
      }
      write.value = .int((write.value?.int ?? 0) * 10)
    }
    #expect(throws: PluginError.self) {
      try metadata.validate("c", name: "high") { _, _ in }
    }
    #expect(throws: PluginError.self) { try metadata.validate("a..b") { _, _ in } }
    try metadata.put("c", "k", 1)
    #expect(try metadata.get("c", "k")?.value == 11)
    #expect(codes.withLock { $0 } == [.wouldDeadlock])
    try first.cancel()
    try metadata.put("c", "k", 1)
    #expect(try metadata.get("c", "k")?.value == 10)
  }
}
