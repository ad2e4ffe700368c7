import CDovetail
import MetadataStore

/// Writes packed values as `dvt_value`, with the fields of lists and maps in memory of the caller's.
@safe struct FieldLoan {
  // Safe: the caller keeps the memory and the record as long as it shows what was written.
  private var next: UnsafeMutablePointer<dvt_field>?
  private var left: Int

  /// Begins to fill memory.
  init(_ memory: UnsafeMutableBufferPointer<dvt_field>) {
    unsafe next = memory.baseAddress
    left = memory.count
  }

  /// How many fields a value has at all levels.
  static func count(_ view: PackedView) -> Int {
    var count = 0
    switch view.kind {
    case .list:
      view.forEachElement { element in
        count += 1 + Self.count(element)
        return true
      }
    case .map:
      unsafe view.forEachMember { _, member in
        count += 1 + Self.count(member)
        return true
      }
    default: break
    }
    return count
  }

  /// Writes a value.
  ///
  /// - Parameters:
  ///   - view: The value.
  ///   - place: Where to; not written when there is not enough memory for its fields.
  /// - Returns: `false` when there is not.
  mutating func write(_ view: PackedView, to place: UnsafeMutablePointer<dvt_value>) -> Bool {
    unsafe write(view.start, to: place) != nil
  }

  /// Writes a value in one pass over it.
  ///
  /// - Returns: The byte after it; `nil` when there is not enough memory.
  private mutating func write(
    _ start: UnsafePointer<UInt8>, to place: UnsafeMutablePointer<dvt_value>
  ) -> UnsafePointer<UInt8>? {
    let view = unsafe PackedView(start)
    let kind = view.kind
    switch kind {
    case .null, .no, .yes:
      unsafe place.initialize(
        to: Self.scalar(kind == .null ? DVT_VALUE_NULL : DVT_VALUE_BOOL, kind == .yes ? 1 : 0))
      return unsafe start + 1
    case .int, .date:
      unsafe place.initialize(
        to: Self.scalar(kind == .int ? DVT_VALUE_INT : DVT_VALUE_DATE, view.int))
      return unsafe start + 9
    case .double:
      unsafe place.initialize(to: Self.scalar(DVT_VALUE_DOUBLE, 0, view.double))
      return unsafe start + 9
    case .string, .bytes:
      let (count, bytes) = unsafe PackedView.length(at: start + 1)
      unsafe place.initialize(
        to: dvt_value(
          kind: kind == .string ? DVT_VALUE_STRING : DVT_VALUE_BYTES, reserved: 0, integer: 0,
          number: 0, bytes: dvt_bytes(ptr: bytes, len: UInt64(count)), fields: nil, field_count: 0))
      return unsafe bytes + count
    case .list, .map:
      let count = view.count
      guard let fields = unsafe take(count) else { return nil }
      unsafe place.initialize(
        to: dvt_value(
          kind: kind == .list ? DVT_VALUE_LIST : DVT_VALUE_MAP, reserved: 0, integer: 0, number: 0,
          bytes: dvt_bytes(ptr: nil, len: 0), fields: count > 0 ? UnsafePointer(fields) : nil,
          field_count: UInt64(count)))
      return unsafe write(start + 9, to: fields, count, hasNames: kind == .map)
    }
  }

  private mutating func write(
    _ start: UnsafePointer<UInt8>, to fields: UnsafeMutablePointer<dvt_field>, _ count: Int,
    hasNames: Bool
  ) -> UnsafePointer<UInt8>? {
    var next = unsafe start
    for index in 0..<count {
      let field = unsafe fields + index
      if hasNames {
        let (length, name) = unsafe PackedView.length(at: next)
        unsafe field.pointee.name = dvt_str(ptr: name, len: UInt64(length))
        unsafe next = name + length
      } else {
        unsafe field.pointee.name = dvt_str(ptr: nil, len: 0)
      }
      guard let end = unsafe write(next, to: Self.value(of: field)) else { return nil }
      unsafe next = end
    }
    return unsafe next
  }

  @inline(__always)
  private static func scalar(_ kind: UInt32, _ integer: Int64, _ number: Double = 0) -> dvt_value {
    unsafe dvt_value(
      kind: kind, reserved: 0, integer: integer, number: number,
      bytes: dvt_bytes(ptr: nil, len: 0), fields: nil, field_count: 0)
  }

  private mutating func take(_ count: Int) -> UnsafeMutablePointer<dvt_field>? {
    guard count <= left, let fields = unsafe next else { return nil }
    unsafe next = fields + count
    left -= count
    return unsafe fields
  }

  private static func value(
    of field: UnsafeMutablePointer<dvt_field>
  ) -> UnsafeMutablePointer<dvt_value> {
    unsafe (UnsafeMutableRawPointer(field) + MemoryLayout<dvt_str>.size)
      .assumingMemoryBound(to: dvt_value.self)
  }
}

extension dvt_bytes {
  /// Lends bytes.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe self.init(ptr: bytes.baseAddress, len: UInt64(bytes.count))
  }
}
