import TestSupport
import Testing

@testable import MetadataStore

/// Records by key, whatever the keys look like.
@Suite struct RecordTreeTests {
  private static func record(_ key: String) -> MetadataRecord {
    MetadataRecord(
      collection: "things", key: key, value: .null, version: 1, created: 1, modified: 1)
  }

  private static func find(_ key: String, _ tree: RecordTree) -> MetadataRecord? {
    var key = key
    return key.withUTF8 { unsafe tree.find($0) }
  }

  /// Keys that begin alike, that are of many lengths, that are beginnings of each other, or that have nothing in common.
  static let kinds: [@Sendable (Int) -> String] = [
    { "order-\(100_000 + $0)" },
    { "user-\($0)" },
    { String(repeating: "a", count: 1 + $0 % 300) + "\($0 / 300)" },
    { String($0 &* 0x9E37_79B9 % 1_000_003, radix: 36) },
    { $0 % 2 == 0 ? "long-common-beginning-\($0)" : "\($0)" },
    { "\u{0}\(Character(Unicode.Scalar(UInt8($0 % 128))))\($0)" },
  ]

  @Test(
    "are found, in order and whole, also when the window on their keys has moved", arguments: 0..<6)
  func keys(kind: Int) {
    var random = SeededRandom(state: UInt64(kind + 1))
    let keys = (0..<3000).map(Self.kinds[kind]).shuffled(using: &random)
    var tree = RecordTree()
    for key in keys { _ = tree.insert(Self.record(key)) }
    let sorted = Set(keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var seen: [String] = []
    tree.forEach { record in
      seen.append(record.key)
      return true
    }
    #expect(seen == sorted)
    let loaded = RecordTree(sorted: sorted.map(Self.record))
    for key in sorted {
      #expect(Self.find(key, tree)?.key == key)
      #expect(Self.find(key, loaded)?.key == key)
      #expect(Self.find(key + "\u{1}x", tree) == nil)
    }
    for key in sorted.dropLast() { tree.remove(Self.record(key)) }
    #expect(tree.count == 1)
  }

  @Test("are looked for by a window that reaches the keys' end")
  func window() {
    var tree = RecordTree()
    for number in 0..<2000 { _ = tree.insert(Self.record("order-\(100_000 + number)")) }
    var digests: Set<UInt64> = []
    tree.entries.forEach { entry in
      digests.insert(entry.digest)
      return true
    }
    #expect(digests.count == 2000)
  }
}
