import PluginSDK

extension EventField {
  /// Parses a field as the ABI writes it; `nil` when it is none.
  init?(_ text: String) {
    switch text {
    case "source": self = .source
    case "subject": self = .subject
    case "datacontenttype": self = .contentType
    case "dataschema": self = .dataSchema
    default:
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      switch (parts[0], parts[1]) {
      case ("extension", let name) where !name.isEmpty: self = .attribute(String(name))
      case ("data", let pointer) where pointer.isEmpty || pointer.hasPrefix("/"):
        self = .data(String(pointer))
      default: return nil
      }
    }
  }

  /// The field of an event: text, or for a place in JSON whatever is there; `nil` when the event has none.
  func value(in event: Event) -> Settings? {
    let text =
      switch self {
      case .source: event.source
      case .subject: event.subject
      case .contentType: event.contentType
      case .dataSchema: event.dataSchema
      case .attribute(let name): event.extensions.first { $0.name == name }?.value ?? ""
      case .data: ""
      }
    guard case .data(let pointer) = self else { return text.isEmpty ? nil : .string(text) }
    let type = event.contentType.split(separator: ";").first.map { $0.trimmed } ?? ""
    guard type == "application/json" || type.hasSuffix("+json") else { return nil }
    return (try? Settings(String(decoding: event.data, as: UTF8.self)))?.find(pointer)
  }

  /// What tells an event from others of its subscription; `nil` when it has no such field.
  func key(of event: Event) -> [UInt8]? { value(in: event)?.json }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let tail = drop { $0 == " " }
    return tail.lastIndex { $0 != " " }.map { tail[...$0] } ?? tail.prefix(0)
  }
}
