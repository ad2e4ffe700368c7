import HostSupport

extension PackedKind: CaseIterable {
  package static let allCases: [PackedKind] = [
    .null, .no, .yes, .int, .double, .date, .string, .bytes, .list, .map,
  ]

  /// The kind as a schema calls it.
  var schemaKind: SchemaNode.Kinds {
    switch self {
    case .null: .null
    case .no, .yes: .boolean
    case .int: .integer
    case .double: .number
    case .date: .date
    case .string: .string
    case .bytes: .bytes
    case .list: .array
    case .map: .object
    }
  }
}

/// What the check of a schema asks of a value where it lies.
extension PackedView {
  /// Whether it is the same value: one value has one form.
  func equals(_ other: PackedValue) -> Bool {
    other.withView { other in
      let bytes = unsafe UnsafeBufferPointer(start: start, count: end - start)
      let others = unsafe UnsafeBufferPointer(start: other.start, count: other.end - other.start)
      return unsafe ByteOrder.compare(bytes, others) == 0
    }
  }

  /// The bytes of text or of bytes.
  var byteCount: Int { unsafe text.count }

  /// The Unicode scalars of text.
  var scalarCount: Int { unsafe text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }

  /// Text, decoded.
  var string: String { unsafe String(decoding: text, as: UTF8.self) }

  /// The elements of a list, or the members of a map, one after the other.
  var parts: PackedParts { PackedParts(self) }
}

/// The parts of a list or map, in order; as long as the value lasts.
@safe struct PackedParts {
  // Safe: as `PackedView`; there are as many parts as the value says.
  private var next: UnsafePointer<UInt8>
  private var left: Int
  private let hasNames: Bool
  private var name: UnsafeBufferPointer<UInt8>

  init(_ value: PackedView) {
    unsafe next = unsafe value.start + 9
    left = value.count
    hasNames = value.kind == .map
    unsafe name = UnsafeBufferPointer(start: nil, count: 0)
  }

  /// The next element, or the value of the next member.
  mutating func take() -> PackedView? {
    guard left > 0 else { return nil }
    left -= 1
    if hasNames {
      let (length, start) = unsafe PackedView.length(at: next)
      unsafe name = UnsafeBufferPointer(start: start, count: length)
      unsafe next = unsafe start + length
    }
    let view = unsafe PackedView(next)
    unsafe next = unsafe view.end
    return view
  }

  /// The name of the member that was taken last.
  var text: String { unsafe String(decoding: name, as: UTF8.self) }

  /// Where a name stands to that of the member that was taken last: negative before it, 0 when they are the same.
  func order(of other: [UInt8]) -> Int {
    unsafe other.withUnsafeBufferPointer { unsafe ByteOrder.compare($0, name) }
  }
}
