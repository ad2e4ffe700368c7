import Synchronization

/// The name of a collection, shared by all its records.
///
/// Threading: any thread.
@safe final class CollectionName: @unchecked Sendable {
  // Safe: the bytes are written once and live as long as the object.
  /// The name.
  let text: String
  /// `KeyHash` of the name, never 0; other names have others, as far as 64 bits of which nobody knows the seed can tell.
  let hash: UInt64

  /// The name's bytes. Lifetime: that of the object.
  let bytes: UnsafeBufferPointer<UInt8>

  private init(_ text: String) {
    self.text = text
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(fromContentsOf: text.utf8)
    unsafe self.bytes = UnsafeBufferPointer(bytes)
    hash = unsafe Self.hash(of: self.bytes)
  }

  /// The hash of a name.
  static func hash(of name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    max(1, unsafe KeyHash.of(name, UnsafeBufferPointer(start: nil, count: 0)))
  }

  deinit { unsafe bytes.deallocate() }

  /// Whether the name's bytes are these.
  func hasBytes(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
    unsafe ByteOrder.compare(bytes, other) == 0
  }

  private struct Table {
    var names: [String: CollectionName] = [:]
    var limit = 1024
  }

  private static let table = Mutex(Table())

  /// The one object for a name.
  static func of(_ text: String) -> CollectionName {
    table.withLock { table in
      if let name = table.names[text] { return name }
      if table.names.count >= table.limit { forgetUnused(&table) }
      let name = CollectionName(text)
      table.names[text] = name
      return name
    }
  }

  /// Names that only the table holds would stay for ever.
  private static func forgetUnused(_ table: inout Table) {
    var unused: [String] = []
    var index = table.names.startIndex
    while index != table.names.endIndex {
      // Asked in place: a reference of our own would be one more.
      if isKnownUniquelyReferenced(&table.names.values[index]) {
        unused.append(table.names[index].key)
      }
      table.names.formIndex(after: &index)
    }
    for name in unused { table.names[name] = nil }
    table.limit = max(1024, table.names.count * 2)
  }
}
