import Synchronization

/// The name of a collection, shared by all its records.
///
/// Threading: any thread.
@safe final class CollectionName: @unchecked Sendable {
  // Safe: the bytes are written once and live as long as the object.
  /// The name.
  let text: String
  /// Its number in this process, 0…; what other names had is not given again.
  let number: UInt32

  /// The name's bytes. Lifetime: that of the object.
  let bytes: UnsafeBufferPointer<UInt8>

  private init(_ text: String, _ number: UInt32) {
    self.text = text
    self.number = number
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(fromContentsOf: text.utf8)
    unsafe self.bytes = UnsafeBufferPointer(bytes)
  }

  deinit { unsafe bytes.deallocate() }

  /// Whether the name's bytes are these.
  func hasBytes(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
    unsafe ByteOrder.compare(bytes, other) == 0
  }

  private struct Table {
    var names: [String: CollectionName] = [:]
    var next: UInt32 = 0
    var limit = 1024
  }

  private static let table = Mutex(Table())

  /// The one object for a name.
  static func of(_ text: String) -> CollectionName {
    table.withLock { table in
      if let name = table.names[text] { return name }
      if table.names.count >= table.limit { forgetUnused(&table) }
      let name = CollectionName(text, table.next)
      table.next &+= 1
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
