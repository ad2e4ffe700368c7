import HostSupport

/// Where a field is in a record's value: names of maps, from the outermost inwards.
///
/// As text the names are joined by dots, `address.city`; a dot or a backslash in a name has a backslash before it.
public struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  /// The most names.
  public static let mostNames = 16
  /// The longest text in bytes.
  public static let maximumBytes = 512

  /// The names, 1…16 of them.
  public let names: [String]
  /// The same as bytes.
  let segments: [[UInt8]]

  /// Reads a path; `nil` when it is empty, too long, has an empty name, or a backslash before anything else.
  public init?(_ text: String) {
    guard (1...Self.maximumBytes).contains(text.utf8.count) else { return nil }
    var names = [""]
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        guard scalar == "." || scalar == "\\" else { return nil }
        names[names.count - 1].unicodeScalars.append(scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "." {
        names.append("")
      } else {
        names[names.count - 1].unicodeScalars.append(scalar)
      }
    }
    guard !isEscaped, names.count <= Self.mostNames, names.allSatisfy({ !$0.isEmpty }) else {
      return nil
    }
    self.init(names: names)
  }

  init(names: [String]) {
    self.names = names
    segments = names.map { Array($0.utf8) }
  }

  /// The path as text; `init(_:)` gives it back.
  public var description: String {
    names.map { name in
      name.contains { $0 == "." || $0 == "\\" }
        ? String(name.flatMap { $0 == "." || $0 == "\\" ? "\\\($0)" : "\($0)" }) : name
    }.joined(separator: ".")
  }

  /// The path as a JSON pointer (RFC 6901): `/address/city`.
  public var pointer: String { names.map { "/" + JSONPointer.escape($0) }.joined() }

  /// What a value has there; `nil` when a map on the way lacks the name, or something on the way is no map.
  public func value(in value: MetadataValue) -> MetadataValue? {
    var found = value
    for name in names {
      guard case .map(let members) = found, let member = members[name] else { return nil }
      found = member
    }
    return found
  }
}
