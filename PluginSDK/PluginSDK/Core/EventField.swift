/// A part of an event that a filter or a key looks at.
public enum EventField: Sendable {
  /// The id of the plugin that published it.
  case source
  /// What it is about.
  case subject
  /// The media type of the payload.
  case contentType
  /// The URI of the schema of the payload.
  case dataSchema
  /// The value of the further attribute of that name.
  case attribute(String)
  /// A place in a payload that is JSON, by JSON Pointer (RFC 6901) such as `/order/size`; empty for the whole payload.
  case data(String)

  /// As the ABI writes it.
  package var text: String {
    switch self {
    case .source: "source"
    case .subject: "subject"
    case .contentType: "datacontenttype"
    case .dataSchema: "dataschema"
    case .attribute(let name): "extension:" + name
    case .data(let pointer): "data:" + pointer
    }
  }
}
