/// An event in the JSON form of CloudEvents 1.0: extensions are members of the object beside the attributes.
public struct EventReport: Sendable, Equatable {
  /// Unique together with `source`.
  public var id: String
  /// The id of the plugin that published it; "dovetail" for the host and its operators.
  public var source: String
  /// The topic.
  public var type: String
  /// What it is about.
  public var subject: String?
  /// When it happened, RFC 3339.
  public var time: String?
  /// URI of the schema of the data.
  public var dataschema: String?
  /// The data and its media type.
  public var payload: Payload
  /// Further attributes; names that are CloudEvents' own are left out of the JSON.
  public var extensions: [String: String]

  /// Describes an event; everything else starts empty.
  public init(id: String, source: String, type: String, payload: Payload = Payload()) {
    self.id = id
    self.source = source
    self.type = type
    self.payload = payload
    extensions = [:]
  }
}
