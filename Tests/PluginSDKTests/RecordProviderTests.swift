import CDovetail
import PluginPersistence
import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct RecordProviderTests {
  /// A provider that keeps everything in memory, whatever it says.
  private final class Shelf: RecordProvider {
    private struct Kept {
      var value: [UInt8]
      var version: UInt64
    }

    private let records = Mutex<[String: Kept]>([:])

    var name: String { "shelf" }
    var strongest: Durability { .os }

    func open(_ opening: RecordOpening) throws -> UInt64 {
      switch String(decoding: opening.options, as: UTF8.self) {
      case #"{"newer": true}"#: throw NewerFormat(found: 3, known: 2)
      case #"{"taken": true}"#: throw PluginError(.unavailable, "\(opening.directory) is taken")
      default: break
      }
      opening.note("swept \(opening.directory)")
      try forEach(opening.receiver)
      return 7
    }

    func load(_ collection: dvt_str, _ key: dvt_str, _ receiver: RecordReceiver) throws -> Bool {
      false
    }

    func forEach(_ receiver: RecordReceiver) throws {
      let all = records.withLock { $0 }
      for (key, kept) in all.sorted(by: { $0.key < $1.key }) {
        try Self.show(key, kept, to: receiver)
      }
    }

    private static func show(_ key: String, _ kept: Kept, to receiver: RecordReceiver) throws {
      var key = key
      try key.withUTF8 { key in
        try unsafe kept.value.withUnsafeBufferPointer { value in
          var record = unsafe dvt_kept_record()
          unsafe record.collection = unsafe dvt_str(ptr: key.baseAddress, len: 1)
          unsafe record.key = unsafe dvt_str(ptr: key.baseAddress, len: UInt64(key.count))
          unsafe record.value = unsafe dvt_str(ptr: value.baseAddress, len: UInt64(value.count))
          unsafe record.version = kept.version
          unsafe try receiver.show(&record)
        }
      }
    }

    func save(_ batch: RecordBatch) throws -> Durability {
      guard batch.revision < 100 else { throw PluginError(.failed, "the shelf is full") }
      unsafe batch.records.forEach { record in
        let key = unsafe String(
          decoding: UnsafeBufferPointer(start: record.key.ptr, count: Int(record.key.len)),
          as: UTF8.self)
        let value = unsafe Array(
          UnsafeBufferPointer(start: record.value.ptr, count: Int(record.value.len)))
        let isRemoval = unsafe record.flags & DVT_KEPT_REMOVED != 0
        let version = unsafe record.version
        records.withLock { $0[key] = isRemoval ? nil : Kept(value: value, version: version) }
      }
      return min(batch.durability, .os)
    }

    func sync() throws {}
    func saveSession(_ document: dvt_bytes, as name: String) throws {}
    func loadSession(_ name: String) throws -> [UInt8]? { nil }
    func close() throws {}
  }

  private struct ShelfPlugin: Plugin {
    init(context: PluginContext) throws { try context.provide(Shelf()) }
  }

  @Test func `A provider in Swift is called as one in C`() throws {
    let host = try TestHost()
    _ = try host.run(ShelfPlugin.self)
    let shelf = try #require(host.provider("shelf"))
    let opened = try shelf.open("/folder")
    #expect(opened.records.isEmpty)
    #expect(opened.notes == ["swept /folder"])
    #expect(opened.revision == 7)
    let records = [
      KeptRecord("a", "a1", "{}", created: 0, modified: 0), KeptRecord("a", "a2", "[1]"),
    ]
    #expect(try shelf.save(records, revision: 8, durability: .disk) == .os)
    #expect(try shelf.all().map(\.value) == ["{}", "[1]"])
    #expect(try shelf.all().first == records.first)
    _ = try shelf.save([KeptRecord("a", "a1", nil)], revision: 9)
    #expect(try shelf.open("/folder").records.map(\.key) == ["a2"])
    try shelf.close()
  }

  @Test func `What it throws goes to the host with its code`() throws {
    let host = try TestHost()
    _ = try host.run(ShelfPlugin.self)
    let shelf = try #require(host.provider("shelf"))
    #expect(throws: PluginError(.unavailable, "/folder is taken")) {
      try shelf.open("/folder", options: #"{"taken": true}"#)
    }
    let newer = #expect(throws: PluginError.self) {
      try shelf.open("/folder", options: #"{"newer": true}"#)
    }
    #expect(newer?.code == .unsupported)
    #expect(throws: PluginError(.failed, "the shelf is full")) {
      try shelf.save([], revision: 100)
    }
  }

  @Test func `A name is offered once`() throws {
    let host = try TestHost()
    _ = try host.run(ShelfPlugin.self)
    let error = #expect(throws: PluginError.self) { try host.run(ShelfPlugin.self, id: "second") }
    #expect(error?.code == .exists)
  }
}
