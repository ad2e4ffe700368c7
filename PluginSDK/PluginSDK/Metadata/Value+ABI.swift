package import CDovetail

extension Value {
  /// The deepest nesting that the store takes.
  static let maximumDepth = 32

  /// Lends the value to the ABI; maps are sent sorted by name.
  package func raw(_ arena: Arena) -> dvt_value {
    var raw = unsafe dvt_value()
    switch self {
    case .null: unsafe raw.kind = DVT_VALUE_NULL
    case .bool(let flag):
      unsafe raw.kind = DVT_VALUE_BOOL
      unsafe raw.integer = flag ? 1 : 0
    case .int(let number):
      unsafe raw.kind = DVT_VALUE_INT
      unsafe raw.integer = number
    case .double(let number):
      unsafe raw.kind = DVT_VALUE_DOUBLE
      unsafe raw.number = number
    case .string(let text):
      unsafe raw.kind = DVT_VALUE_STRING
      unsafe raw.bytes = unsafe arena.bytes(Array(text.utf8))
    case .bytes(let bytes):
      unsafe raw.kind = DVT_VALUE_BYTES
      unsafe raw.bytes = unsafe arena.bytes(bytes)
    case .date(let nanoseconds):
      unsafe raw.kind = DVT_VALUE_DATE
      unsafe raw.integer = nanoseconds
    case .list(let elements):
      unsafe raw.setFields(
        DVT_VALUE_LIST, elements.map { unsafe dvt_field(name: dvt_str(), value: $0.raw(arena)) },
        arena)
    case .map(let members):
      let sorted = members.sorted { $0.key < $1.key }
      unsafe raw.setFields(
        DVT_VALUE_MAP,
        sorted.map { unsafe dvt_field(name: arena.text($0.key), value: $0.value.raw(arena)) }, arena
      )
    }
    return unsafe raw
  }

  /// Copies a value out of the host's memory; an unknown kind or too deep a nesting reads as `null`.
  package init(_ raw: dvt_value, depth: Int = 0) {
    let fields = unsafe UnsafeBufferPointer(
      start: raw.fields, count: Int(clamping: raw.field_count))
    switch unsafe raw.kind {
    case DVT_VALUE_BOOL: self = unsafe .bool(raw.integer != 0)
    case DVT_VALUE_INT: self = unsafe .int(raw.integer)
    case DVT_VALUE_DOUBLE: self = unsafe .double(raw.number)
    case DVT_VALUE_STRING: self = unsafe .string(String(decoding: raw.bytes.array, as: UTF8.self))
    case DVT_VALUE_BYTES: self = unsafe .bytes(raw.bytes.array)
    case DVT_VALUE_DATE: self = unsafe .date(nanoseconds: raw.integer)
    case DVT_VALUE_LIST where depth < Value.maximumDepth:
      self = unsafe .list(fields.map { unsafe Value($0.value, depth: depth + 1) })
    case DVT_VALUE_MAP where depth < Value.maximumDepth:
      let members = unsafe fields.map { unsafe ($0.name.string, Value($0.value, depth: depth + 1)) }
      self = .map(Dictionary(members) { _, last in last })
    default: self = .null
    }
  }
}

extension dvt_value {
  fileprivate mutating func setFields(_ kind: UInt32, _ fields: [dvt_field], _ arena: Arena) {
    unsafe self.kind = kind
    unsafe self.fields = unsafe arena.array(fields)
    unsafe field_count = unsafe UInt64(fields.count)
  }
}
