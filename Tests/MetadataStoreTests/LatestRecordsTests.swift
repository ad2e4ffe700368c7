import TestSupport
import Testing

@testable import MetadataStore

/// What a group has changed so far, held against a dictionary.
@Suite struct LatestRecordsTests {
  private static func find(_ key: String, _ latest: LatestRecords) -> LatestRecords.Entry? {
    var (collection, key) = ("things", key)
    return collection.withUTF8 { name in
      key.withUTF8 { unsafe latest.find(KeyHash.of(name, $0), name, $0) }
    }
  }

  @Test("is what was noted and not taken back", arguments: 1...20)
  func followsModel(seed: UInt64) {
    var random = SeededRandom(state: seed)
    var latest = LatestRecords()
    var model: [String: UInt64?] = [:]
    for round in 0..<200 {
      var after = model
      for step in 0..<Int.random(in: 0..<12, using: &random) {
        let key = "k\(Int.random(in: 0..<400, using: &random))"
        let version = UInt64(round * 100 + step + 1)
        let isRemoved = Bool.random(using: &random)
        latest.set(
          MetadataRecord(
            collection: "things", key: key, value: .null, version: version, created: 1, modified: 1),
          isRemoved: isRemoved)
        after[key] = .some(isRemoved ? nil : version)
      }
      if Int.random(in: 0..<3, using: &random) == 0 {
        latest.takeBack()
      } else {
        latest.settle()
        model = after
      }
      for number in 0..<400 {
        let entry = Self.find("k\(number)", latest)
        let found: UInt64?? = entry.map { $0.isRemoved ? nil : $0.record.version }
        #expect(found == model["k\(number)"])
      }
      #expect(latest.entries.count == model.count)
    }
  }
}
