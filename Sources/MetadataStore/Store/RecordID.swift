/// A record's identity by bytes, where `String` would take equivalent Unicode for equal.
struct RecordID: Hashable {
  let collection: String
  let key: String
  private let hash: UInt64

  init(_ collection: String, _ key: String) {
    self.collection = collection
    self.key = key
    hash = KeyHash.of(collection, key)
  }

  static func == (left: RecordID, right: RecordID) -> Bool {
    left.hash == right.hash && left.collection == right.collection
      && left.key.utf8.elementsEqual(right.key.utf8)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
