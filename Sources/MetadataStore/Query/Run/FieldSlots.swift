import Glibc

/// The places of a record that a query looks at, numbered, found in one walk over the record.
///
/// A row is an array of `count` pointers to packed values, `nil` for what the record lacks. They are valid as long as the record
/// and the row's memory are.
///
/// Threading: immutable, any thread.
@safe final class FieldSlots: @unchecked Sendable {
  // Safe: the memory is written in `init` only and released in `deinit`; packed values are whole, as `PackedView` says.

  /// A name that is looked for in a map.
  @unsafe private struct Edge {
    /// The first 8 bytes of the name, the first one highest, filled up with zeros.
    var prefix: UInt64
    var name: UnsafePointer<UInt8>
    var count: Int
    /// The slot of the member's value; -1 when only something inside it is wanted.
    var slot: Int
    /// What is looked for inside it.
    var first: Int
    var last: Int
  }

  /// The fields, by slot.
  let fields: [QueryField]
  private let edges: UnsafeMutableBufferPointer<Edge>
  private let names: UnsafeMutableBufferPointer<UInt8>
  private let top: Int
  /// Slots of what is of the record itself, with the place in the row's memory where the value is written.
  private let ofRecord: [(slot: Int, field: QueryField, place: Int)]
  /// Bytes of memory of a row.
  let rowBytes: Int

  /// The slot of the record's whole value: the one after those of `fields`.
  var whole: Int { fields.count }

  /// Numbers fields.
  ///
  /// - Parameter fields: Each once.
  init(_ fields: [QueryField]) {
    self.fields = fields
    var place = (fields.count + 1) * MemoryLayout<Int>.stride
    var ofRecord: [(Int, QueryField, Int)] = []
    var paths: [(names: ArraySlice<[UInt8]>, slot: Int)] = []
    for (slot, field) in fields.enumerated() {
      if case .path(let path) = field {
        paths.append((path.segments[...], slot))
      } else {
        ofRecord.append((slot, field, place))
        place += field == .key ? 8 + MetadataWrite.maximumKeyBytes : 16
      }
    }
    self.ofRecord = ofRecord
    rowBytes = place
    var draft = Draft()
    top = draft.add(paths)
    unsafe names = .allocate(capacity: draft.names.count)
    _ = unsafe names.initialize(from: draft.names)
    unsafe edges = .allocate(capacity: draft.edges.count)
    guard let base = unsafe names.baseAddress else { return }
    for (index, edge) in draft.edges.enumerated() {
      unsafe edges.initializeElement(
        at: index,
        to: Edge(
          prefix: edge.prefix, name: base + edge.name.lowerBound, count: edge.name.count,
          slot: edge.slot, first: edge.inside.lowerBound, last: edge.inside.upperBound))
    }
  }

  deinit {
    unsafe edges.deallocate()
    unsafe names.deallocate()
  }

  private struct Draft {
    struct Edge {
      let prefix: UInt64
      let name: Range<Int>
      var slot: Int
      var inside: Range<Int>
    }
    var edges: [Edge] = []
    var names: [UInt8] = []

    /// Adds the edges of one map, then those inside.
    ///
    /// - Returns: How many edges the map has; they stand together, those of the outermost map first.
    mutating func add(_ paths: [(names: ArraySlice<[UInt8]>, slot: Int)]) -> Int {
      let byName = Dictionary(grouping: paths) { $0.names.first ?? [] }
      let first = edges.count
      let sorted = byName.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      for (name, _) in sorted {
        let start = names.count
        names += name
        var prefix: UInt64 = 0
        for index in 0..<8 { prefix = prefix << 8 | UInt64(index < name.count ? name[index] : 0) }
        edges.append(Edge(prefix: prefix, name: start..<names.count, slot: -1, inside: 0..<0))
      }
      for (offset, (_, paths)) in sorted.enumerated() {
        edges[first + offset].slot = paths.first { $0.names.count == 1 }?.slot ?? -1
        let inner = paths.filter { $0.names.count > 1 }.map { ($0.names.dropFirst(), $0.slot) }
        let start = edges.count
        let count = inner.isEmpty ? 0 : add(inner)
        edges[first + offset].inside = start..<(start + count)
      }
      return byName.count
    }
  }

  /// Fills a row.
  ///
  /// - Parameters:
  ///   - place: The record.
  ///   - row: Memory of `rowBytes` bytes, aligned to 8.
  @inline(__always)
  func load(_ place: RecordPlace, _ row: Row) {
    for slot in 0..<fields.count { unsafe row[slot] = nil }
    let value = unsafe place.value
    unsafe row[whole] = unsafe value
    if top > 0 { unsafe walk(value, 0, top, row) }
    if !ofRecord.isEmpty { unsafe loadRecord(place, row) }
  }

  private func walk(
    _ map: UnsafePointer<UInt8>, _ first: Int, _ last: Int, _ row: Row
  ) {
    guard unsafe map.pointee == PackedKind.map.rawValue, let base = unsafe edges.baseAddress
    else { return }
    let raw = unsafe UnsafeRawPointer(map)
    let end = unsafe map + 5 + Int(raw.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
    var left = unsafe raw.loadUnaligned(fromByteOffset: 5, as: UInt32.self)
    var next = unsafe map + 9
    var edge = unsafe base + first
    let behind = unsafe base + last
    while left > 0 {
      left -= 1
      var count = unsafe Int(next.pointee)
      var name = unsafe next + 1
      if count >= 0x80 { unsafe (count, name) = unsafe PackedView.length(at: next) }
      let value = unsafe name + count
      let prefix = unsafe Self.prefix(name, count, end)
      while unsafe Self.isBefore(edge, prefix, name, count) {
        unsafe edge += 1
        if unsafe edge == behind { return }
      }
      if unsafe edge.pointee.prefix == prefix && edge.pointee.count == count
        && (count <= 8 || memcmp(edge.pointee.name, name, count) == 0)
      {
        if unsafe edge.pointee.slot >= 0 { unsafe row[edge.pointee.slot] = unsafe value }
        if unsafe edge.pointee.first < edge.pointee.last {
          unsafe walk(value, edge.pointee.first, edge.pointee.last, row)
        }
        unsafe edge += 1
        if unsafe edge == behind { return }
      }
      unsafe next = unsafe PackedView(value).end
    }
  }

  /// The first 8 bytes of a name as a number. Most names lie far enough from the end of the map to be read in one.
  @inline(__always)
  private static func prefix(
    _ name: UnsafePointer<UInt8>, _ count: Int, _ end: UnsafePointer<UInt8>
  ) -> UInt64 {
    if unsafe name + 8 <= end {
      let word = unsafe UInt64(bigEndian: UnsafeRawPointer(name).loadUnaligned(as: UInt64.self))
      return count >= 8 ? word : count == 0 ? 0 : word & ~(UInt64.max >> UInt64(count * 8))
    }
    var word: UInt64 = 0
    for index in 0..<8 { word = unsafe word << 8 | UInt64(index < count ? name[index] : 0) }
    return word
  }

  /// Whether a name that is looked for comes before one of the record.
  @inline(__always)
  private static func isBefore(
    _ edge: UnsafePointer<Edge>, _ prefix: UInt64, _ name: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    if unsafe edge.pointee.prefix != prefix { return unsafe edge.pointee.prefix < prefix }
    let wanted = unsafe edge.pointee.count
    if wanted > 8, count > 8 {
      let order = unsafe memcmp(edge.pointee.name, name, min(wanted, count))
      if order != 0 { return order < 0 }
    }
    return wanted < count
  }

  private func loadRecord(_ record: RecordPlace, _ row: Row) {
    let header = unsafe record.header
    for (slot, field, place) in ofRecord {
      let memory = unsafe UnsafeMutableRawPointer(row) + place
      let kind: PackedKind
      switch field {
      case .key:
        let key = unsafe UnsafeBufferPointer(
          start: record.contents, count: Int(header.pointee.keyCount))
        unsafe Self.write(key, to: memory.assumingMemoryBound(to: UInt8.self))
        unsafe row[slot] = unsafe UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
        continue
      case .expires:
        guard unsafe header.pointee.expires != .max else { continue }
        kind = .date
        unsafe memory.storeBytes(of: header.pointee.expires, toByteOffset: 1, as: Int64.self)
      default:
        let number =
          unsafe field == .version
          ? header.pointee.version
          : field == .created ? header.pointee.created : header.pointee.modified
        kind = .int
        unsafe memory.storeBytes(of: number, toByteOffset: 1, as: UInt64.self)
      }
      unsafe memory.storeBytes(of: kind.rawValue, as: UInt8.self)
      unsafe row[slot] = unsafe UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
    }
  }

  private static func write(
    _ text: UnsafeBufferPointer<UInt8>, to memory: UnsafeMutablePointer<UInt8>
  ) {
    unsafe memory[0] = PackedKind.string.rawValue
    var next = unsafe memory + 1
    var rest = text.count
    while rest >= 0x80 {
      unsafe next.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
      unsafe next += 1
      rest >>= 7
    }
    unsafe next.pointee = UInt8(rest)
    if let base = text.baseAddress {
      unsafe (next + 1).update(from: base, count: text.count)
    }
  }
}

/// What a record has in each slot.
typealias Row = UnsafeMutablePointer<UnsafePointer<UInt8>?>

extension FieldSlots {
  /// Lends the memory of a row.
  func withRow<Result, Failure: Error>(
    _ body: (Row) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafeTemporaryAllocation(byteCount: rowBytes, alignment: 8) {
      (memory) throws(Failure) in
      guard let start = memory.baseAddress else { preconditionFailure("a row without memory") }
      return unsafe try body(start.assumingMemoryBound(to: UnsafePointer<UInt8>?.self))
    }
  }
}
