import FoundationEssentials
import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import MetadataStore

@Suite struct FileProviderTests {
  let folder = TemporaryDirectory()
  var path: String { folder.file("store") }

  func open() throws(MetadataError) -> MetadataStore {
    try MetadataStore(FileProvider(path: path))
  }

  func put(
    _ key: String, _ number: Int64 = 0, durability: Durability = .disk
  ) -> MetadataWrite {
    MetadataWrite(collection: "things", key: key, value: .int(number), durability: durability)
  }

  func files(_ inside: String = "") -> [String] {
    let root = inside.isEmpty ? path : "\(path)/\(inside)"
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
    var isFolder = false
    return names.filter { name in
      FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
        && !isFolder
    }.sorted()
  }

  /// The file of a record, below the store's folder.
  static func file(_ key: String, _ collection: String = "things") -> String {
    "records/" + FileLayout.file(collection, key)
  }

  func file(_ key: String, _ collection: String = "things") -> String {
    Self.file(key, collection)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
  }

  @Test("Every kind of value, and the revision, are there after reopening")
  func reopening() throws {
    var values: [MetadataValue] = MetadataValueTests.values.map(\.0)
    values.append(MetadataValueTests.nested(32))
    do {
      let store = try open()
      for (index, value) in values.enumerated() {
        try store.put(
          MetadataWrite(collection: "a.b", key: "k\(index)", value: value, durability: .os))
      }
      try store.put(put("gone"))
      try store.remove("things", "gone")
      try store.close()
    }
    let store = try open()
    #expect(store.loadReport.notes == [])
    for (index, value) in values.enumerated() {
      #expect(store.get("a.b", "k\(index)")?.value == value)
    }
    #expect(store.snapshot.collectionNames == ["a.b"])
    #expect(store.snapshot.revision == UInt64(values.count) + 2)
    #expect(try store.put(put("new")).revision == UInt64(values.count) + 3)
  }

  @Test("A record's file is readable, and everything is the owner's alone")
  func appearance() throws {
    let store = try open()
    try store.put(put("a/b", 7))
    try store.close()
    #expect(files() == ["records/things/00/a%2Fb.json", "store.json"])
    let text = String(decoding: try bytes("records/things/00/a%2Fb.json"), as: UTF8.self)
    let body = """
      ,"record":
      {
        "collection": "things",
        "key": "a/b",
        "version": 1,
        "created": 1,
        "modified": 1,
        "value": 7
      }
      }

      """
    #expect(text.hasPrefix(#"{"format":2,"crc32":""#))
    #expect(text.hasSuffix(body))
    #expect(throws: Never.self) { try JSON(parsing: text.utf8) }
    for (name, mode) in [
      ("", 0o700), ("/records/things", 0o700), ("/records/things/00", 0o700), ("/tmp", 0o700),
      ("/journal", 0o700), ("/store.json", 0o600), ("/records/things/00/a%2Fb.json", 0o600),
    ] {
      let attributes = try FileManager.default.attributesOfItem(atPath: path + name)
      #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
    }
  }

  static let keys = [
    ".", "..", "../../etc/passwd", "a\u{0}b", "é", "e\u{301}", "x~", "x", "%41", "A", "a.json",
    String(repeating: "/", count: 512), String(repeating: "k", count: 200),
    String(repeating: "k", count: 201), String(repeating: "k", count: 400), "🦆",
  ]

  @Test("Any key has a file of its own, by every durability", arguments: Durability.allCases)
  func keyNames(durability: Durability) throws {
    var store = try open()
    for (index, key) in Self.keys.enumerated() {
      try store.put(put(key, Int64(index), durability: durability))
    }
    try store.close()
    store = try open()
    #expect(store.loadReport.notes == [])
    #expect(store.stats.records == Self.keys.count)
    for (index, key) in Self.keys.enumerated() {
      #expect(store.get("things", key)?.value == .int(Int64(index)))
      try store.remove("things", key, durability: durability)
    }
    try store.close()
    #expect(files() == ["store.json"])
  }

  @Test("A receipt says what was reached", arguments: Durability.allCases)
  func receipts(durability: Durability) throws {
    let store = try open()
    #expect(try store.put(put("a", durability: durability)).durability == durability)
    let mixed = [put("b", durability: .memory), put("c", durability: durability)]
    #expect(try store.transaction(mixed).map(\.durability) == [durability, durability])
    try store.flush()
    #expect(store.stats.unsaved == 0)
    try store.close()
    #expect(files("records").count == 3)
  }

  static let damages: [(@Sendable ([UInt8]) -> [UInt8], String)] = [
    ({ _ in [] }, "it does not begin with a format"),
    ({ Array($0.prefix(12)) }, "it has no checksum"),
    ({ Array($0.dropLast(3)) }, "its checksum is wrong"),
    ({ $0.map { $0 == UInt8(ascii: "7") ? UInt8(ascii: "8") : $0 } }, "its checksum is wrong"),
    ({ $0 + [0] }, "its checksum is wrong"),
    ({ [0x7F] + $0 }, "it does not begin with a format"),
    ({ _ in Envelope.bytes(Array("null".utf8), kind: "store") }, "it holds no record"),
    ({ _ in Envelope.bytes(Array("{}".utf8), kind: "record") }, "it is no record"),
    (
      { _ in
        let other = MetadataRecord(
          collection: "things", key: "other", value: .null, version: 1, created: 1, modified: 1)
        return other.fileBytes
      }, "it holds things/other, whose file has another name"
    ),
  ]

  @Test("A damaged record is set aside with a report, and the rest is there", arguments: 0..<9)
  func damagedRecord(index: Int) throws {
    let (spoil, reason) = Self.damages[index]
    var store = try open()
    try store.put(put("bad", 7))
    try store.put(put("good", 7))
    try store.close()
    let spoilt = spoil(try bytes(file("bad")))
    try write(spoilt, file("bad"))
    store = try open()
    #expect(store.snapshot.list("things").map(\.key) == ["good"])
    #expect(
      store.loadReport.notes == [
        "\(path)/\(file("bad")) is damaged: \(reason); moved to "
          + "\(path)/damaged/1-bad.json"
      ])
    #expect(try bytes("damaged/1-bad.json") == spoilt)
    try store.put(put("bad", 8))
    try store.close()
    #expect(try open().stats.records == 2)
  }

  @Test("Every single damaged byte of a record's file is noticed")
  func everyByte() throws {
    let record = MetadataRecord(
      collection: "c", key: "k", value: .int(7), version: 1, created: 1, modified: 1)
    let whole = record.fileBytes
    for index in whole.indices {
      for change: UInt8 in [1, 0x20, 0x80] {
        var spoilt = whole
        spoilt[index] ^= change
        guard case .damaged = Envelope.content(spoilt, kind: "record") else {
          Issue.record("byte \(index) ^ \(change)")
          return
        }
      }
      guard case .damaged = Envelope.content(Array(whole[..<index]), kind: "record") else {
        Issue.record("cut at \(index)")
        return
      }
    }
  }

  @Test("A damaged store file or journal is set aside, and revisions still go on")
  func damagedStore() throws {
    var store = try open()
    for number in 0..<10 { try store.put(put("k\(number)")) }
    try store.close()
    try write([1, 2, 3], "store.json")
    try write([4, 5, 6], "journal.json")
    store = try open()
    #expect(store.stats.records == 10)
    #expect(store.loadReport.notes.count == 3)
    #expect(files("damaged") == ["1-journal.json", "1-store.json"])
    #expect(try store.put(put("new")).revision == 11)
  }

  @Test("Links, folders and strangers among the records do no harm")
  func strangers() throws {
    var store = try open()
    try store.put(put("a"))
    try store.close()
    let manager = FileManager.default
    try manager.createDirectory(
      atPath: "\(path)/records/things/00", withIntermediateDirectories: false)
    try manager.createSymbolicLink(
      atPath: "\(path)/records/things/00/link.json", withDestinationPath: "/etc/passwd")
    try manager.createDirectory(
      atPath: "\(path)/records/things/00/folder.json", withIntermediateDirectories: false)
    try write([1], "records/things/note.txt")
    store = try open()
    #expect(store.snapshot.list("things").map(\.key) == ["a"])
    #expect(store.loadReport.notes.count == 3)
    #expect(
      store.loadReport.notes.contains(
        "\(path)/records/things/note.txt is no record's file: left alone"))
    try store.close()
    #expect(
      files("records").sorted() == [String(file("a").dropFirst(8)), "things/note.txt"].sorted())
  }

  @Test("A newer format is refused and left untouched", arguments: ["store.json", "journal.json"])
  func newerFormat(name: String) throws {
    let store = try open()
    try store.put(put("a"))
    try store.close()
    try write(newer(), name)
    try write([1], "tmp/leftover")
    try write([1], "records/things/bad.json")
    let before = try files().map { try bytes($0) }
    let error = #expect(throws: MetadataError.self) { try open() }
    #expect(error == .newerFormat(path: "\(path)/\(name)", found: 3, supported: 2))
    #expect(
      error?.description
        == "\(path)/\(name) was written in format 3, this program knows formats up to 2; "
        + "it was left untouched: use a newer dovetail")
    #expect(try files().map { try bytes($0) } == before)
  }

  func newer() -> [UInt8] {
    let head = Array(#"{"format":3,"crc32":""#.utf8)
    let tail = Array("\"; something new".utf8)
    var checksum = CRC32()
    checksum.add(head[...])
    checksum.add(tail[...])
    return head + Array(checksum.hex.utf8) + tail
  }

  @Test("The checksum is the CRC-32 of zlib")
  func checksum() {
    var checksum = CRC32()
    checksum.add(Array("123456789".utf8)[...])
    #expect(checksum.hex == "cbf43926")
  }

  @Test("A second opener is refused until the first has closed")
  func locking() throws {
    let store = try open()
    let error = #expect(throws: MetadataError.self) { try open() }
    #expect(error == .inUse(path: path))
    #expect(
      error?.description == "\(path) is open in another process; stop it or use another folder")
    try store.close()
    #expect(throws: Never.self) { try open() }
  }

  @Test("A journal that a crash left is finished when the store is opened")
  func journal() throws {
    let crashed = folder.file("crashed")
    var store = try open()
    try store.put(put("a", 1))
    try store.put(put("b", 1))
    try store.transaction([put("a", 2), .removing("b", from: "things"), put("c", 1)])
    try store.put(put("d", 1, durability: .os))
    // The state that a crash at this moment would leave.
    try FileManager.default.copyItem(atPath: path, toPath: crashed)
    try write([1, 2], "../crashed/tmp/1-1")
    try store.close()
    store = try MetadataStore(FileProvider(path: crashed))
    #expect(store.snapshot.list("things").map(\.key) == ["a", "c", "d"])
    #expect(store.get("things", "a")?.value == .int(2))
    #expect(
      store.loadReport.notes == [
        "\(crashed)/journal was finished: 4 records were not in their files yet",
        "\(crashed)/tmp/1-1 was left by a crash: removed",
      ])
    try store.close()
    #expect(files("../crashed/journal") == [])
    #expect(files("../crashed/records").count == 3)
  }

  @Test("A write that fails changes nothing and says why")
  func failure() throws {
    let store = try open()
    try store.put(put("a", 1))
    // A file where the collection's folder would go: the write cannot work, whoever runs the test.
    try write([], "records/blocked")
    let blocked = MetadataWrite(collection: "blocked", key: "k", value: .null)
    let error = #expect(throws: MetadataError.self) { try store.put(blocked) }
    #expect(
      error?.description == "nothing was changed: cannot save in \(path): "
        + "openat \(path)/records/blocked/30: Not a directory")
    #expect(store.get("blocked", "k") == nil)
    #expect(store.stats.records == 1)
    #expect(store.stats.revision == 1)
    try store.put(put("a", 2))
    #expect(files("tmp").isEmpty)
    try FileManager.default.removeItem(atPath: "\(path)/records/blocked")
    try store.put(blocked)
    #expect(store.get("blocked", "k")?.version == 1)
    // Nor does it harm that somebody tidies a folder away.
    try FileManager.default.removeItem(atPath: "\(path)/records/things")
    try store.put(put("b", 2))
    #expect(files("records/things").count == 1)
  }

  @Test("Records are written behind, in order, and found again")
  func writingBehind() throws {
    var store = try open()
    for number in 0..<1000 { try store.put(put("k\(number)", durability: .memory)) }
    try store.close()
    store = try open()
    #expect(store.stats.records == 1000)
    #expect(store.snapshot.revision == 1000)
  }

  @Test("A batch that is in the journal is committed, and goes into the files as soon as it can")
  func committedBatch() throws {
    let provider = FileProvider(path: path)
    var store = try MetadataStore(provider)
    try store.put(put("a", 1))
    try write([], "records/blocked")
    let blocked = MetadataWrite(collection: "blocked", key: "k", value: .int(5))
    #expect(try store.transaction([put("a", 2), blocked]).map(\.durability) == [.disk, .disk])
    #expect(throws: MetadataError.self) { try provider.checkpoint() }
    #expect(try provider.load("blocked", "k")?.value == .int(5))
    try store.put(put("b", 1))
    try FileManager.default.removeItem(atPath: "\(path)/records/blocked")
    try provider.checkpoint()
    try provider.checkpoint()
    #expect(files("records").count == 3)
    #expect(files("journal") == [])
    try store.close()
    store = try open()
    #expect(store.get("things", "a")?.value == .int(2))
    #expect(store.get("blocked", "k")?.value == .int(5))
    #expect(store.loadReport.notes == [])
  }

  @Test("A crash uses up the revisions that were reserved, and none twice")
  func reservedRevisions() throws {
    let crashed = folder.file("crashed")
    let store = try open()
    for number in 0..<3 { try store.put(put("k\(number)")) }
    try store.remove("things", "k2")
    // The state that a crash at this moment would leave.
    try FileManager.default.copyItem(atPath: path, toPath: crashed)
    try store.close()
    #expect(try open().snapshot.revision == 4)
    let survivor = try MetadataStore(FileProvider(path: crashed))
    #expect(survivor.snapshot.revision == 1 + FileStore.reservation)
    let error = #expect(throws: MetadataError.self) {
      try survivor.watch("w", collection: "things", after: 4) { _ in }
    }
    #expect(error == .resyncNeeded(from: 1 + FileStore.reservation))
  }

  @Test("A root that cannot be made is refused with the system's words")
  func noParent() {
    let missing = folder.file("no/such")
    let error = #expect(throws: MetadataError.self) {
      try MetadataStore(FileProvider(path: missing))
    }
    #expect(
      error?.description == "nothing was changed: cannot open the store \(missing): "
        + "mkdir \(missing): No such file or directory")
  }
}
