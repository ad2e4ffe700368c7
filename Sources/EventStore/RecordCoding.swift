/// Turns what a record says into bytes and back, as FORMAT.md has it.
enum RecordCoding {
  private static let eventKind: UInt8 = 1
  private static let gapKind: UInt8 = 2
  private static let redelivered: UInt32 = 1

  /// The bytes from `kind` on.
  static func bytes(_ content: StoredRecord.Content) -> [UInt8] {
    switch content {
    case .event(let entry):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(160 + entry.data.count)
      bytes.append(eventKind)
      bytes.add(UInt64(bitPattern: entry.time))
      bytes.add(entry.sequence)
      bytes.add(entry.isRedelivered ? redelivered : 0)
      for text in [
        entry.id, entry.source, entry.type, entry.subject, entry.dataContentType, entry.dataSchema,
      ] {
        bytes.add(text)
      }
      bytes.add(UInt32(entry.extensions.count))
      for attribute in entry.extensions {
        bytes.add(attribute.name)
        bytes.add(attribute.value)
      }
      bytes.add(UInt32(clamping: entry.data.count))
      bytes += entry.data
      return bytes
    case .gap(let count, let cause):
      var bytes = [gapKind]
      bytes.add(count)
      bytes.add(cause)
      return bytes
    }
  }

  /// Reads a body; `nil` when it is none of this format.
  static func record(_ body: ArraySlice<UInt8>) -> StoredRecord? {
    var reader = ByteReader(body)
    guard let number = reader.number64(), let time = reader.number64(), let kind = reader.byte(),
      let content = kind == eventKind ? event(&reader) : kind == gapKind ? gap(&reader) : nil,
      reader.isAtEnd
    else { return nil }
    return StoredRecord(number: number, time: Int64(bitPattern: time), content: content)
  }

  private static func event(_ reader: inout ByteReader) -> StoredRecord.Content? {
    guard let time = reader.number64(), let sequence = reader.number64(),
      let flags = reader.number32(), let id = reader.text(), let source = reader.text(),
      let type = reader.text(), let subject = reader.text(), let contentType = reader.text(),
      let schema = reader.text(), let count = reader.number32()
    else { return nil }
    var entry = EventEntry(type: type)
    entry.time = Int64(bitPattern: time)
    entry.sequence = sequence
    entry.isRedelivered = flags & redelivered != 0
    entry.id = id
    entry.source = source
    entry.subject = subject
    entry.dataContentType = contentType
    entry.dataSchema = schema
    for _ in 0..<count {
      guard let name = reader.text(), let value = reader.text() else { return nil }
      entry.extensions.append(EventEntry.Attribute(name, value))
    }
    guard let data = reader.bytes() else { return nil }
    entry.data = Array(data)
    return .event(entry)
  }

  private static func gap(_ reader: inout ByteReader) -> StoredRecord.Content? {
    guard let count = reader.number64(), let cause = reader.text() else { return nil }
    return .gap(count: count, cause: cause)
  }
}

extension [UInt8] {
  /// Appends a number, its least byte first.
  mutating func add<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) {
    for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: number >> Number(shift)))
    }
  }

  /// Appends a text behind its length.
  mutating func add(_ text: String) {
    let utf8 = text.utf8
    add(UInt32(clamping: utf8.count))
    append(contentsOf: utf8)
  }
}
