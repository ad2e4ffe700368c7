/// What the bus can ask an event for.
public enum EventAttribute: Sendable, Equatable {
  /// The id of the plugin that published it.
  case source
  /// What it is about.
  case subject
  /// The media type of the data.
  case dataContentType
  /// The URI of the schema of the data.
  case dataSchema
  /// An extension attribute, by name.
  case `extension`(String)
  /// The data themselves.
  case data
}
