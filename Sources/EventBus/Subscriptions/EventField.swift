public import HostSupport

/// A part of an event that a filter or a key looks at.
public enum EventField: Sendable, Equatable, CustomStringConvertible {
  /// An attribute, or the value of the extension attribute of that name.
  case attribute(EventAttribute)
  /// A place in the data of an event whose data are JSON.
  case data(JSONPointer, text: String)

  /// Parses `source`, `subject`, `datacontenttype`, `dataschema`, `extension:NAME` or `data:/JSON/POINTER`.
  ///
  /// - Throws: `BusError.invalid` when it is none of them.
  public init(_ text: String) throws(BusError) {
    switch text {
    case "source": self = .attribute(.source)
    case "subject": self = .attribute(.subject)
    case "datacontenttype": self = .attribute(.dataContentType)
    case "dataschema": self = .attribute(.dataSchema)
    default: self = try Self.parameterized(text)
    }
  }

  private static func parameterized(_ text: String) throws(BusError) -> EventField {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, parts[0] == "extension", !parts[1].isEmpty {
      return .attribute(.extension(String(parts[1])))
    }
    if parts.count == 2, parts[0] == "data", let pointer = JSONPointer(String(parts[1])) {
      return .data(pointer, text: text)
    }
    throw .invalid(
      "'\(text)' is no field of an event; use source, subject, datacontenttype, dataschema, extension:NAME or "
        + "data:/JSON/POINTER")
  }

  /// As it was written.
  public var description: String {
    switch self {
    case .attribute(.source): "source"
    case .attribute(.subject): "subject"
    case .attribute(.dataContentType): "datacontenttype"
    case .attribute(.dataSchema): "dataschema"
    case .attribute(.extension(let name)): "extension:\(name)"
    case .attribute(.data): "data:"
    case .data(_, let text): text
    }
  }
}
