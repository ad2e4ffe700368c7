/// A value of a record: a scalar, or lists and maps of values.
///
/// Equality is by kind and content: `int(1)` and `double(1)` differ. Names of maps are compared as Swift strings: two names that
/// are canonically equivalent Unicode are one name.
public enum MetadataValue: Sendable, Hashable {
  /// Nothing; differs from an absent member.
  case null
  /// True or false.
  case bool(Bool)
  /// An integer of 64 bits, exact everywhere.
  case int(Int64)
  /// A finite number.
  case double(Double)
  /// Unicode text.
  case string(String)
  /// Uninterpreted bytes.
  case bytes([UInt8])
  /// A moment: nanoseconds since 1970-01-01 UTC, which covers the years 1677…2262.
  case date(nanoseconds: Int64)
  /// Values in order.
  case list([MetadataValue])
  /// Values by name; order is not kept.
  case map([String: MetadataValue])

  /// The deepest nesting a value may have; a scalar is 1 deep.
  public static let maximumDepth = 32
  /// The largest size of a value in bytes, as `size` counts it: 1 MiB.
  public static let maximumSize = 1 << 20

  /// The size that limits count: bytes of text and data, 8 for every other scalar, and 8 for each element or member.
  ///
  /// - Returns: Bytes, or `nil` when the value is nested deeper than `maximumDepth`.
  public var size: Int? { size(depth: 1) }

  private func size(depth: Int) -> Int? {
    guard depth <= Self.maximumDepth else { return nil }
    switch self {
    case .null, .bool, .int, .double, .date: return 8
    case .string(let text): return text.utf8.count
    case .bytes(let bytes): return bytes.count
    case .list(let elements):
      var total = 0
      for element in elements {
        guard let size = element.size(depth: depth + 1) else { return nil }
        total += size + 8
      }
      return total
    case .map(let members):
      var total = 0
      for (name, member) in members {
        guard let size = member.size(depth: depth + 1) else { return nil }
        total += name.utf8.count + size + 8
      }
      return total
    }
  }

  /// Whether every number in the value is finite.
  ///
  /// Call it only on values whose `size` is not `nil`: depth is not checked.
  var isFinite: Bool {
    switch self {
    case .double(let number): number.isFinite
    case .list(let elements): elements.allSatisfy(\.isFinite)
    case .map(let members): members.values.allSatisfy(\.isFinite)
    default: true
    }
  }
}
