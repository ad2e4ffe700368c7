import EventBus
public import HostSupport

extension HostConfiguration {
  /// What becomes of an event that does not fit what was declared of its topic.
  public enum SchemaEnforcement: String, Sendable, CaseIterable {
    /// Nobody looks.
    case off
    /// It goes on; it is counted and logged.
    case warn
    /// It goes to nobody, and the publish fails.
    case refuse

    var policy: SchemaPolicy {
      switch self {
      case .off: .off
      case .warn: .warn
      case .refuse: .refuse
      }
    }
  }

  /// What is declared of the events of a topic: `{topic: "order.*", file: "order.json", enforce: "refuse"}`.
  ///
  /// With `enforce` and neither schema nor content type it declares nothing, and says what becomes of events that do not fit
  /// what others declared of that topic.
  public struct EventTypeSetting: Sendable, Equatable {
    /// A topic, or a pattern of topics.
    public var topic: String
    /// What the events say, in a sentence; may be empty.
    public var summary: String
    /// The media type that their data must have; empty for any.
    public var contentType: String
    /// The schema; `nil` for none, or for that of `file`.
    public var schema: JSON?
    /// A file with the schema, relative to the working directory unless absolute; `nil` for none.
    public var file: String?
    /// The URI of the schema, as events have it; may be empty.
    public var dataschema: String
    /// What becomes of events that do not fit; `nil` for what `events.enforceSchemas` says.
    public var enforce: SchemaEnforcement?

    /// Describes what is declared.
    public init(
      topic: String, summary: String = "", contentType: String = "", schema: JSON? = nil,
      file: String? = nil, dataschema: String = "", enforce: SchemaEnforcement? = nil
    ) {
      self.topic = topic
      self.summary = summary
      self.contentType = contentType
      self.schema = schema
      self.file = file
      self.dataschema = dataschema
      self.enforce = enforce
    }

    private static let names = [
      "topic", "summary", "contentType", "schema", "file", "dataschema", "enforce",
    ]

    /// Reads an element of `events.types`; the file is not read.
    ///
    /// - Throws: `BusError.invalid` with what is wrong with it.
    init(_ json: JSON) throws(BusError) {
      guard case .object(let members) = json else {
        throw .invalid(
          "an event type is an object with \(Self.names.joined(separator: ", ")), not \(json.kindName)"
        )
      }
      for name in members.keys.sorted() where !Self.names.contains(name) {
        throw .invalid(
          "an event type has no member \"\(name)\"\(Spelling.hint(for: name, in: Self.names))")
      }
      for (name, value) in members where name != "schema" && value.string == nil {
        throw .invalid("\"\(name)\" is a string, not \(value.kindName)")
      }
      guard let topic = members["topic"]?.string else {
        throw .invalid("an event type needs a string \"topic\"")
      }
      self.init(
        topic: topic, summary: members["summary"]?.string ?? "",
        contentType: members["contentType"]?.string ?? "", schema: members["schema"],
        file: members["file"]?.string, dataschema: members["dataschema"]?.string ?? "")
      if let word = members["enforce"]?.string {
        guard let enforce = SchemaEnforcement(rawValue: word) else {
          throw .invalid("\"enforce\" is \"off\", \"warn\" or \"refuse\", not \"\(word)\"")
        }
        self.enforce = enforce
      }
      if schema != nil, file != nil {
        throw .invalid("'\(topic)' has both a \"schema\" and a \"file\"; give one of them")
      }
      _ = try pattern()
      if let schema {
        _ = try Self.taken(topic) { () throws(JSONSchema.Refusal) in try JSONSchema(schema) }
      }
    }

    /// The topics.
    func pattern() throws(BusError) -> TopicPattern { try TopicPattern(topic) }

    /// What it declares, its file read; `nil` when it declares nothing.
    ///
    /// - Throws: `BusError.invalid`: a schema that cannot be read or kept.
    func declaration() throws(BusError) -> EventType.Declaration? {
      if schema == nil, file == nil, contentType.isEmpty, enforce != nil { return nil }
      var declaration = EventType.Declaration(
        try pattern(), summary: summary, contentType: contentType, dataschema: dataschema)
      if let schema {
        declaration.schema = try Self.taken(topic) { () throws(JSONSchema.Refusal) in
          try JSONSchema(schema)
        }
      } else if let file {
        let bytes: [UInt8]
        do throws(SystemError) {
          bytes = try FileDescriptor.open(file, 0).read(ConfigurationLoader.largestFile, at: 0)
        } catch {
          throw .invalid("the schema of '\(topic)' cannot be read: \(error)")
        }
        declaration.schema = try Self.taken("\(topic)', in the file '\(file)") {
          () throws(JSONSchema.Refusal) in try JSONSchema(parsing: bytes)
        }
      }
      return declaration
    }

    private static func taken(
      _ subject: String, _ make: () throws(JSONSchema.Refusal) -> JSONSchema
    ) throws(BusError) -> JSONSchema {
      do throws(JSONSchema.Refusal) { return try make() } catch {
        throw .invalid("'\(subject)': \(error)")
      }
    }
  }
}
