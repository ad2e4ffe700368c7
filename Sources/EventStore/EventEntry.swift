/// An event as it is recorded: the attributes of CloudEvents 1.0 and its data.
public struct EventEntry: Sendable, Equatable {
  /// An extension attribute.
  public struct Attribute: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: String

    /// Names a value.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Nanoseconds since 1970-01-01 UTC, as its publisher said or as it was stamped; 0 when neither.
  public var time: Int64 = 0
  /// Its number in its topic; 0 when it was not numbered.
  public var sequence: UInt64 = 0
  /// Whether it was marked as delivered before.
  public var isRedelivered = false
  /// Unique together with `source`; empty when source and sequence identify it.
  public var id = ""
  /// Who published it.
  public var source = ""
  /// The topic.
  public var type: String
  /// What it is about.
  public var subject = ""
  /// The media type of the data.
  public var dataContentType = ""
  /// URI of the schema of the data.
  public var dataSchema = ""
  /// Extension attributes, in their order.
  public var extensions: [Attribute] = []
  /// The data.
  public var data: [UInt8]

  /// Describes an event; everything else starts empty.
  public init(type: String, data: [UInt8] = []) {
    self.type = type
    self.data = data
  }

  /// The value of an extension attribute.
  public subscript(name: String) -> String? { extensions.first { $0.name == name }?.value }
}
