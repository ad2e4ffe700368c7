import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore

@Suite struct CorruptionTests {
  let folder = TemporaryDirectory(inMemory: true)

  func put(_ key: String, _ number: Int64, _ durability: Durability = .disk) -> MetadataWrite {
    MetadataWrite(
      collection: "c", key: key, value: .map(["n": .int(number)]), durability: durability)
  }

  /// A store as a crash leaves it: four records in files, of which the journal changed two and added two.
  func crashed() throws -> (image: DiskImage, records: [String: MetadataRecord]) {
    let path = folder.file("store")
    let store = try MetadataStore(FileProvider(path: path))
    for number in 0..<4 { try store.put(put("f\(number)", Int64(number))) }
    try store.transaction([put("f0", 10), put("j0", 10)])
    try store.transaction([put("f1", 11), put("j1", 11)])
    let image = try DiskImage(of: path)
    var records: [String: MetadataRecord] = [:]
    for record in store.snapshot.list("c") { records[record.key] = record }
    try store.close()
    return (image, records)
  }

  func open(_ image: DiskImage) throws -> (records: [String: MetadataRecord], notes: [String]) {
    let copy = folder.file("copy")
    try? FileManager.default.removeItem(atPath: copy)
    try image.write(to: copy)
    let store = try MetadataStore(FileProvider(path: copy))
    var records: [String: MetadataRecord] = [:]
    for record in store.snapshot.list("c") { records[record.key] = record }
    try store.close()
    return (records, store.loadReport.notes)
  }

  static func key(_ path: String) -> String {
    String(FileLayout.last(path).dropLast(5))
  }

  @Test("A damaged or cut file costs what it held, says so, and nothing else")
  func records() throws {
    let (image, whole) = try crashed()
    #expect(try open(image).records == whole)
    for (path, bytes) in image.files.sorted(by: { $0.key < $1.key }) {
      guard let bytes, path.hasPrefix("records/") else { continue }
      let key = Self.key(path)
      let isOverruled = ["f0", "f1"].contains(key)
      for place in stride(from: 0, to: bytes.count, by: 37) {
        var flipped = bytes
        flipped[place] ^= 0x11
        for spoilt in [flipped, Array(bytes[..<place])] {
          let (records, notes) = try open(image.replacing(path, by: spoilt))
          var expected = whole
          // What the journal has is not missed.
          if !isOverruled { expected[key] = nil }
          #expect(records == expected, "\(path), byte \(place)")
          #expect(notes.contains { $0.contains("damaged") } == !isOverruled, "\(notes)")
        }
      }
    }
  }

  @Test("A damaged journal costs the batches that cannot be read, each as a whole")
  func journal() throws {
    let (image, whole) = try crashed()
    let name = "journal/00000001.jsonl"
    let bytes = try #require(image.files[name] ?? nil)
    let end = try #require(bytes.lastIndex(of: 0x0A)) + 1
    let first = try #require(bytes.firstIndex(of: 0x0A)) + 1
    for place in stride(from: 0, to: end, by: 29) {
      var flipped = bytes
      flipped[place] ^= 0x11
      for (spoilt, isCut) in [(flipped, false), (Array(bytes[..<place]), true)] {
        let (records, notes) = try open(image.replacing(name, by: spoilt))
        let hasFirst = place >= first
        let hasSecond = !isCut && place < first
        #expect(records["j0"] == (hasFirst ? whole["j0"] : nil), "byte \(place), \(isCut)")
        #expect(records["j1"] == (hasSecond ? whole["j1"] : nil), "byte \(place), \(isCut)")
        #expect(records["f0"]?.version == (hasFirst ? 2 : 1))
        #expect(records["f1"]?.version == (hasSecond ? 2 : 1))
        #expect(records["f2"] == whole["f2"])
        // A line that later ones say was safe is missed; a torn end is what a crash leaves.
        #expect(notes.contains { $0.contains("damaged") } == hasSecond, "\(notes)")
      }
    }
  }

  @Test(
    "What a plugin keeps and is damaged or cut is refused, or told, and never ends the process",
    arguments: CrashSubject.all.filter { [.keeper, .sqlite].contains($0) })
  func plugins(subject: CrashSubject) throws {
    let path = folder.file("store")
    let count = 60
    try subject.open(path) { store in
      for number in 0..<count {
        let text = String(repeating: "x", count: number % 9 == 0 ? 9000 : 40)
        let value = MetadataValue.map(["n": .int(Int64(number)), "text": .string(text)])
        try store.put(MetadataWrite(collection: "c", key: "\(number)", value: value))
      }
    }
    let image = try DiskImage(of: path)
    let name = try #require(image.files.keys.first { $0.hasSuffix("/log") || $0.hasSuffix(".db") })
    let whole = try #require(image.files[name] ?? nil)
    let seed = UInt64(setting("METADATA_SEED", default: Int.random(in: 1...999_999)))
    var random = SeededNumbers(seed: seed)
    for _ in 0..<200 {
      let place = Int.random(in: 1..<whole.count, using: &random)
      var flipped = whole
      flipped[place] ^= UInt8.random(in: 1...255, using: &random)
      for (spoilt, isCut) in [(flipped, false), (Array(whole[..<place]), true)] {
        let copy = folder.file("copy")
        try? FileManager.default.removeItem(atPath: copy)
        try image.replacing(name, by: spoilt).write(to: copy)
        do {
          let (records, notes) = try subject.open(copy) { store in
            try store.put(put("more", 1))
            return (store.stats.records, store.loadReport.notes)
          }
          // A byte of a value, or the end of a log behind a whole entry, tells nobody that it was another.
          let isTold = records == count + 1 || !notes.isEmpty
          #expect(
            isTold || !isCut || subject == .keeper,
            "METADATA_SEED=\(seed), byte \(place) of \(whole.count)")
        } catch let error as MetadataError {
          let text = error.description
          #expect(text.contains(copy) || text.contains("provider \(subject)"), "\(text)")
        }
      }
    }
  }

  @Test("A store of format 1 is brought to this one, interrupted anywhere or not")
  func migrating() throws {
    func old(_ kind: String, _ body: String) -> [UInt8] {
      let head = Array(#"{"format":1,"crc32":""#.utf8)
      let tail = Array("\",\"\(kind)\":\n\(body)\n}\n".utf8)
      var checksum = CRC32()
      checksum.add(head[...])
      checksum.add(tail[...])
      return head + Array(checksum.hex.utf8) + tail
    }
    func record(_ key: String, _ modified: Int, version: Int) -> String {
      """
      {"collection":"c","key":"\(key)","value":{"n":\(modified)},"version":\(version),"created":1,\
      "modified":\(modified)}
      """
    }
    let operations =
      #"[{"put":\#(record("d", 9, version: 2))},{"remove":{"collection":"c","key":"e"}}]"#
    let long = String(repeating: "k", count: 300)
    let chunk = String(repeating: "k", count: 200) + "~"
    let image = DiskImage([
      "store.json": old("store", #"{"revision":1024}"#), "records": nil, "records/c": nil,
      "tmp": nil, "records/c/a.json": old("record", record("a", 1, version: 1)),
      "records/c/b.json": old("record", record("b", 2, version: 1)),
      "records/c/b~.json": old("record", record("b", 3, version: 2)),
      "records/c/c~.json": old("record", record("c", 4, version: 1)),
      "records/c/d.json": old("record", record("d", 5, version: 1)),
      "records/c/e.json": old("record", record("e", 6, version: 1)), "records/c/\(chunk)": nil,
      "records/c/\(chunk)/\(long.dropFirst(200)).json":
        old("record", record(long, 7, version: 1)),
      "journal.json": old("journal", #"{"revision":9,"operations":\#(operations)}"#),
    ])
    let expected = ["a": 1, "b": 3, "c": 4, "d": 9, long: 7] as [String: UInt64]
    let root = folder.file("root")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    try image.write(to: "\(root)/store")
    let (records, notes) = try open(image)
    #expect(records.mapValues(\.modified) == expected)
    #expect(!notes.contains { $0.contains("damaged") })
    // A second opening finds the new layout alone.
    let again = try MetadataStore(FileProvider(path: folder.file("copy")))
    #expect(again.stats.records == 5)
    #expect(again.loadReport.notes == [])
    #expect(again.snapshot.revision >= 1024)
    try again.close()
    let files = try DiskImage(of: folder.file("copy")).files
    #expect(files.keys.count { $0.hasSuffix(".json") } == 6)

    // Power fails after any system call of the migration.
    let log = folder.file("log")
    let writer = try ChildProcess(
      try CrashSubject.file.command("\(root)/store", seed: 1, steps: 1),
      environment: try SystemCallRecorder.shared.get().environment(root: root, log: log))
    #expect(writer.wait() == .exited(0))
    var disk = DiskModel(DiskImage(image.files.mapKeys { "store/\($0)" }.adding("store")))
    for (index, call) in try SystemCallRecorder.log(log).calls.enumerated() {
      let isUnderstood = disk.apply(call)
      try #require(isUnderstood, "call \(index): \(call)")
      for loss in PowerFailureTests.losses + [.random(seed: UInt64(index))] {
        let after = disk.image(after: loss)
        let (records, _) = try open(DiskImage(after.files.inside("store")))
        #expect(records.mapValues(\.modified) == expected, "call \(index) (\(call)), \(loss)")
      }
    }
  }
}

extension [String: [UInt8]?] {
  fileprivate func mapKeys(_ change: (String) -> String) -> Self {
    reduce(into: [:]) { $0[change($1.key)] = .some($1.value) }
  }

  fileprivate func adding(_ folder: String) -> Self {
    merging([folder: nil]) { old, _ in old }
  }

  fileprivate func inside(_ folder: String) -> Self {
    filter { $0.key.hasPrefix("\(folder)/") }.mapKeys { String($0.dropFirst(folder.count + 1)) }
  }
}
