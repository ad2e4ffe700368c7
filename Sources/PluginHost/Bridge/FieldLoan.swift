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
  ///   - place: Where to; written in any case.
  /// - Returns: `false` when there is not enough memory for its fields.
  mutating func write(_ view: PackedView, to place: UnsafeMutablePointer<dvt_value>) -> Bool {
    var value = unsafe dvt_value()
    switch view.kind {
    case .null: break
    case .no: unsafe value.kind = DVT_VALUE_BOOL
    case .yes:
      unsafe value.kind = DVT_VALUE_BOOL
      unsafe value.integer = 1
    case .int:
      unsafe value.kind = DVT_VALUE_INT
      unsafe value.integer = view.int
    case .double:
      unsafe value.kind = DVT_VALUE_DOUBLE
      unsafe value.number = view.double
    case .date:
      unsafe value.kind = DVT_VALUE_DATE
      unsafe value.integer = view.int
    case .string:
      unsafe value.kind = DVT_VALUE_STRING
      unsafe value.bytes = dvt_bytes(view.text)
    case .bytes:
      unsafe value.kind = DVT_VALUE_BYTES
      unsafe value.bytes = dvt_bytes(view.text)
    case .list:
      unsafe value.kind = DVT_VALUE_LIST
      guard unsafe take(view.count, for: &value) else { return false }
      guard var field = unsafe UnsafeMutablePointer(mutating: value.fields) else { break }
      var fits = true
      view.forEachElement { element in
        unsafe field.pointee.name = dvt_str()
        fits = unsafe write(element, to: Self.value(of: field))
        unsafe field += 1
        return fits
      }
      guard fits else { return false }
    case .map:
      unsafe value.kind = DVT_VALUE_MAP
      guard unsafe take(view.count, for: &value) else { return false }
      guard var field = unsafe UnsafeMutablePointer(mutating: value.fields) else { break }
      var fits = true
      unsafe view.forEachMember { name, member in
        unsafe field.pointee.name = dvt_str(name)
        fits = unsafe write(member, to: Self.value(of: field))
        unsafe field += 1
        return fits
      }
      guard fits else { return false }
    }
    unsafe place.initialize(to: value)
    return true
  }

  private mutating func take(_ count: Int, for value: inout dvt_value) -> Bool {
    guard count > 0 else { return true }
    guard count <= left, let fields = unsafe next else { return false }
    unsafe value.fields = UnsafePointer(fields)
    unsafe value.field_count = UInt64(count)
    unsafe next = fields + count
    left -= count
    return true
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
