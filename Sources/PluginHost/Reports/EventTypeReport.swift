public import HostSupport

/// What somebody declared of the events of a topic.
public struct EventTypeReport: Codable, Sendable, Equatable {
  /// A subscription to such events.
  public struct Subscriber: Codable, Sendable, Equatable {
    /// The plugin.
    public var plugin: String
    /// The subscription's name.
    public var subscription: String

    /// Describes a subscription.
    public init(plugin: String, subscription: String) {
      self.plugin = plugin
      self.subscription = subscription
    }
  }

  /// The topic, or a pattern of topics.
  public var topic: String
  /// What the events say, in a sentence; may be empty.
  public var summary: String
  /// The media type that their data must have; empty for any.
  public var contentType: String
  /// The URI of the schema; may be empty.
  public var dataschema: String
  /// The schema that their data fit; `nil` for anything.
  public var schema: JSON?
  /// The plugin that declared it; "dovetail" for the host's own events, "the configuration" for an operator's.
  public var plugin: String
  /// What becomes of events that do not fit: off, warn or refuse; `nil` where everything fits.
  public var enforced: String?
  /// Events that did not fit, since it was declared.
  public var violations: UInt64
  /// Who gets such events, by plugin.
  public var subscribers: [Subscriber]

  /// Describes a type of events that nobody gets.
  public init(
    topic: String, summary: String = "", contentType: String = "", dataschema: String = "",
    schema: JSON? = nil, plugin: String, enforced: String? = nil, violations: UInt64 = 0,
    subscribers: [Subscriber] = []
  ) {
    self.topic = topic
    self.summary = summary
    self.contentType = contentType
    self.dataschema = dataschema
    self.schema = schema
    self.plugin = plugin
    self.enforced = enforced
    self.violations = violations
    self.subscribers = subscribers
  }
}
