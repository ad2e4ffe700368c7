import CDovetail
import MetadataStore

/// Reads what a plugin writes: every count and depth is checked before it is believed.
enum MetadataReading {
  private static let deepest = 32
  private static let mostFields: UInt64 = 65_536

  /// Copies a value out of C structs.
  ///
  /// - Parameters:
  ///   - value: Borrowed from the plugin.
  ///   - depth: Levels above it.
  /// - Returns: The store's value.
  /// - Throws: DVT_INVALID or DVT_TOO_LARGE.
  static func value(_ value: dvt_value, depth: Int = 0) throws(ErrorReport) -> MetadataValue {
    guard depth < deepest else {
      throw ErrorReport(DVT_TOO_LARGE, "a value nests at most 32 levels; flatten it")
    }
    switch unsafe value.kind {
    case DVT_VALUE_NULL: return .null
    case DVT_VALUE_BOOL: return .bool(unsafe value.integer != 0)
    case DVT_VALUE_INT: return .int(unsafe value.integer)
    case DVT_VALUE_DOUBLE: return .double(unsafe value.number)
    case DVT_VALUE_BYTES: return .bytes(unsafe value.bytes.array)
    case DVT_VALUE_DATE: return .date(nanoseconds: unsafe value.integer)
    case DVT_VALUE_STRING:
      guard let text = String(validating: unsafe value.bytes.array, as: UTF8.self) else {
        throw ErrorReport(DVT_INVALID, "a string value is not UTF-8; write it as DVT_VALUE_BYTES")
      }
      return .string(text)
    case DVT_VALUE_LIST: return .list(try unsafe fields(value, depth).map(\.1))
    case DVT_VALUE_MAP:
      var members: [String: MetadataValue] = [:]
      for (name, member) in try unsafe fields(value, depth) {
        guard members.updateValue(member, forKey: name) == nil else {
          throw ErrorReport(DVT_INVALID, "a map has the name '\(name)' twice")
        }
      }
      return .map(members)
    case let kind: throw ErrorReport(DVT_INVALID, "value kind \(kind) is not one of DVT_VALUE_…")
    }
  }

  private static func fields(
    _ value: dvt_value, _ depth: Int
  ) throws(ErrorReport) -> [(String, MetadataValue)] {
    let count = unsafe value.field_count
    guard count > 0 else { return [] }
    guard count <= mostFields, let fields = unsafe value.fields else {
      throw ErrorReport(
        DVT_INVALID, "a list or map has \(count) fields; at most 65536, and not at NULL")
    }
    var read: [(String, MetadataValue)] = []
    for index in 0..<Int(count) {
      let field = unsafe fields[index]
      read.append((unsafe field.name.text, try unsafe self.value(field.value, depth: depth + 1)))
    }
    return read
  }
}

extension ErrorReport {
  /// An error of the store, as a plugin sees it.
  init(_ error: MetadataError) {
    let code =
      switch error {
      case .conflict: DVT_CONFLICT
      case .invalid: DVT_INVALID
      case .tooLarge: DVT_TOO_LARGE
      case .notFound: DVT_NOT_FOUND
      case .exists: DVT_EXISTS
      case .resyncNeeded, .closed, .unavailable: DVT_UNAVAILABLE
      case .unsupported: DVT_UNSUPPORTED
      default: DVT_FAILED
      }
    self.init(code, error.description)
  }
}
