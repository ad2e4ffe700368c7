import Glibc

/// What a packed value is; its first byte.
package enum PackedKind: UInt8, Sendable {
  case null = 0
  case no = 1
  case yes = 2
  case int = 3
  case double = 4
  case date = 5
  case string = 6
  case bytes = 7
  case list = 8
  case map = 9
}

/// A packed value where it lies: read without decoding the rest and without copying.
///
/// The form, which never leaves the process:
///
///     null, false, true      kind
///     int, double, date      kind, 8 bytes
///     string, bytes          kind, length (LEB128), bytes
///     list                   kind, size of what follows (4 bytes), count (4 bytes), elements
///     map                    kind, size of what follows (4 bytes), count (4 bytes), members by the bytes of their names:
///                            length of the name (LEB128), name, value
///
/// Numbers are in the machine's order and not aligned. One value has one form, so equal bytes are equal values.
///
/// Lifetime: valid inside the closure that lent it, at most as long as the record or value that it was lent from.
@safe package struct PackedView {
  // Safe: only `PackedWriter` makes packed bytes, which are whole values; nothing from outside is ever read as one.
  package let start: UnsafePointer<UInt8>

  @inlinable package init(_ start: UnsafePointer<UInt8>) {
    unsafe self.start = unsafe start
  }

  /// What it is.
  @inlinable package var kind: PackedKind {
    // Safe: the raw values are the cases' own places, and only `PackedWriter` writes them.
    unsafe unsafeBitCast(start.pointee, to: PackedKind.self)
  }

  /// The number of an `int`, or the nanoseconds of a `date`.
  @inlinable package var int: Int64 {
    unsafe UnsafeRawPointer(start + 1).loadUnaligned(as: Int64.self)
  }

  /// The number of a `double`.
  @inlinable package var double: Double {
    unsafe Double(bitPattern: UnsafeRawPointer(start + 1).loadUnaligned(as: UInt64.self))
  }

  /// The bytes of a `string` or of `bytes`.
  @inlinable package var text: UnsafeBufferPointer<UInt8> {
    let (length, body) = unsafe Self.length(at: start + 1)
    return unsafe UnsafeBufferPointer(start: body, count: length)
  }

  /// How many elements or members a list or map has.
  @inlinable package var count: Int {
    unsafe Int(UnsafeRawPointer(start + 5).loadUnaligned(as: UInt32.self))
  }

  /// The byte after the value.
  @inlinable var end: UnsafePointer<UInt8> {
    switch kind {
    case .null, .no, .yes: return unsafe start + 1
    case .int, .double, .date: return unsafe start + 9
    case .string, .bytes:
      let text = unsafe self.text
      return unsafe (text.baseAddress ?? start) + text.count
    case .list, .map:
      return unsafe start + 5 + Int(UnsafeRawPointer(start + 1).loadUnaligned(as: UInt32.self))
    }
  }

  /// Calls `body` with each element of a list until it returns false.
  @inlinable package func forEachElement(_ body: (PackedView) -> Bool) {
    guard kind == .list else { return }
    var next = unsafe start + 9
    for _ in 0..<count {
      let element = unsafe PackedView(next)
      guard body(element) else { return }
      unsafe next = unsafe element.end
    }
  }

  /// Calls `body` with the name and value of each member of a map, by name, until it returns false.
  @inlinable package func forEachMember(_ body: (UnsafeBufferPointer<UInt8>, PackedView) -> Bool) {
    guard kind == .map else { return }
    var next = unsafe start + 9
    for _ in 0..<count {
      let (length, name) = unsafe Self.length(at: next)
      let value = unsafe PackedView(name + length)
      guard unsafe body(UnsafeBufferPointer(start: name, count: length), value) else { return }
      unsafe next = unsafe value.end
    }
  }

  /// The member of a map; `nil` when this is no map or has no such member.
  ///
  /// - Parameter name: The bytes of its name.
  /// - Returns: The member's value.
  package func member(_ name: [UInt8]) -> PackedView? {
    guard kind == .map else { return nil }
    let wanted = name.count
    return unsafe name.withUnsafeBufferPointer { bytes in
      var next = unsafe start + 9
      for _ in 0..<count {
        let (length, found) = unsafe Self.length(at: next)
        let value = unsafe PackedView(found + length)
        if length == wanted,
          unsafe wanted == 0 || memcmp(found, bytes.baseAddress ?? found, wanted) == 0
        {
          return value
        }
        unsafe next = unsafe value.end
      }
      return nil
    }
  }

  /// The value inside maps.
  ///
  /// - Parameter path: Names of members, from the outermost on; empty for the value itself.
  /// - Returns: `nil` when there is no such member.
  package func field(_ path: FieldPath) -> PackedView? {
    var view = self
    for segment in path.segments {
      guard let member = view.member(segment) else { return nil }
      view = member
    }
    return view
  }

  /// The length that stands at a place, and where what it is the length of begins.
  @inlinable package static func length(at place: UnsafePointer<UInt8>) -> (
    Int, UnsafePointer<UInt8>
  ) {
    var next = unsafe place
    var length = unsafe Int(next.pointee & 0x7F)
    var shift = 7
    while unsafe next.pointee & 0x80 != 0 {
      unsafe next += 1
      length |= unsafe Int(next.pointee & 0x7F) << shift
      shift += 7
    }
    return unsafe (length, next + 1)
  }
}

extension PackedView {
  /// The value, decoded.
  package var value: MetadataValue {
    switch kind {
    case .null: return .null
    case .no: return .bool(false)
    case .yes: return .bool(true)
    case .int: return .int(int)
    case .double: return .double(double)
    case .date: return .date(nanoseconds: int)
    case .string: return .string(unsafe String(decoding: text, as: UTF8.self))
    case .bytes: return .bytes(unsafe Array(text))
    case .list:
      var elements: [MetadataValue] = []
      elements.reserveCapacity(count)
      forEachElement { element in
        elements.append(element.value)
        return true
      }
      return .list(elements)
    case .map:
      var members: [String: MetadataValue] = [:]
      members.reserveCapacity(count)
      unsafe forEachMember { name, member in
        members[unsafe String(decoding: name, as: UTF8.self)] = member.value
        return true
      }
      return .map(members)
    }
  }
}
