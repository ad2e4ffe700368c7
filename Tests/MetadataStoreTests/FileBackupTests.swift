import FoundationEssentials
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore

@Suite struct FileBackupTests {
  let folder = TemporaryDirectory(inMemory: true)

  func record(_ key: String, _ number: Int64, revision: UInt64) -> MetadataRecord {
    MetadataRecord(
      collection: "c", key: key, value: .int(number), version: 1, created: revision,
      modified: revision)
  }

  func opened(_ name: String = "store") throws -> FileProvider {
    let provider = FileProvider(path: folder.file(name))
    _ = try provider.load { _ in }
    return provider
  }

  func contents(_ provider: FileProvider) throws -> [String: MetadataValue] {
    var found: [String: MetadataValue] = [:]
    try provider.forEach { record in
      #expect(found[record.key] == nil, "\(record.key) was shown twice")
      found[record.key] = record.value
    }
    return found
  }

  @Test("What is saved is read back, wherever it is: in its file, in the journal, or in both")
  func reading() throws {
    let provider = try opened()
    let single = PersistenceBatch(revision: 1, operations: [.put(record("a", 1, revision: 1))])
    #expect(try provider.save(single, durability: .disk) == .disk)
    let several = PersistenceBatch(
      revision: 2,
      operations: [.put(record("a", 2, revision: 2)), .put(record("b", 2, revision: 2))])
    #expect(try provider.save(several, durability: .os) == .os)
    for _ in 0..<2 {
      #expect(try contents(provider) == ["a": .int(2), "b": .int(2)])
      #expect(try provider.load("c", "a")?.value == .int(2))
      #expect(try provider.load("c", "x") == nil)
      try provider.checkpoint()
    }
    let removal = PersistenceBatch(revision: 3, operations: [.remove(collection: "c", key: "a")])
    #expect(try provider.save(removal, durability: .disk) == .disk)
    #expect(try provider.load("c", "a") == nil)
    #expect(try contents(provider) == ["b": .int(2)])
    try provider.close()
    #expect(throws: MetadataError.self) { try provider.load("c", "b") }
  }

  @Test("A document that is no record outlives the process, and is replaced whole")
  func sessions() throws {
    var provider = try opened()
    #expect(try provider.loadSession("host") == nil)
    try provider.saveSession([1, 2, 3], as: "host")
    try provider.saveSession([], as: "empty")
    try provider.saveSession([0, 255], as: "host")
    try provider.close()
    provider = try opened()
    #expect(try provider.loadSession("host") == [0, 255])
    #expect(try provider.loadSession("empty") == [])
    try provider.close()
  }

  @Test("A backup of an open store is a store of its own, with what was in the journal")
  func backup() throws {
    let provider = try opened()
    for number in 1...30 as ClosedRange<UInt64> {
      let batch = PersistenceBatch(
        revision: number, operations: [.put(record("k\(number)", 1, revision: number))])
      _ = try provider.save(batch, durability: number % 2 == 0 ? .disk : .os)
    }
    try provider.saveSession([7], as: "host")
    var progress: [[Int]] = []
    try provider.backup(to: folder.file("copy")) { progress.append([$0, $1]) }
    #expect(progress.first == [0, 30])
    #expect(progress.last == [30, 30])
    let late = PersistenceBatch(revision: 31, operations: [.put(record("late", 1, revision: 31))])
    _ = try provider.save(late, durability: .disk)
    let error = #expect(throws: MetadataError.self) {
      try provider.backup(to: folder.file("copy")) { _, _ in }
    }
    #expect(error?.description.contains("File exists") == true)
    let copy = FileProvider(path: folder.file("copy"))
    let report = try copy.load { _ in }
    #expect(report.notes == [])
    #expect(report.revision == 30)
    #expect(try contents(copy).count == 30)
    #expect(try copy.loadSession("host") == [7])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["copy", "store"])
    try copy.close()
    try provider.close()
  }
}
