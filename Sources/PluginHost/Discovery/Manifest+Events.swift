import EventBus
public import HostSupport

extension Manifest {
  /// What a plugin declares of events that it publishes.
  public struct EventDeclaration: Sendable, Equatable {
    /// A topic, or a pattern of topics.
    public var topic: String
    /// What the events say, in a sentence; may be empty.
    public var summary = ""
    /// The media type that their data must have; empty for any.
    public var contentType = ""
    /// The schema that their data fit; `nil` for anything.
    public var schema: JSONSchema?
    /// The URI of the schema, as events have it; may be empty.
    public var dataschema = ""
  }

  /// Everything that it declares of events, as the bus takes it: `events`, then what only `provides.events` names.
  var declarations: [EventType.Declaration] {
    // Reading the manifest refused what is no pattern.
    let declared = events.compactMap { event in
      (try? TopicPattern(event.topic)).map {
        EventType.Declaration(
          $0, summary: event.summary, contentType: event.contentType, schema: event.schema,
          dataschema: event.dataschema)
      }
    }
    let named = providedEvents.compactMap { try? TopicPattern($0) }
      .filter { pattern in !declared.contains { $0.pattern == pattern } }
    return declared + named.map { EventType.Declaration($0) }
  }

  /// Reads `events`: `[{"topic": "order.paid", "summary": "…", "contentType": "application/json", "schema": {…}}]`.
  mutating func readEvents(_ value: JSON) throws(ManifestError) {
    guard case .array(let elements) = value, elements.count <= EventBus.mostTypes else {
      throw ManifestError(
        key: "events",
        "must be an array of at most \(EventBus.mostTypes) objects, not \(value.kindName)")
    }
    for (index, element) in elements.enumerated() {
      let path = "events[\(index)]"
      guard case .object(let members) = element else {
        throw ManifestError(key: path, "must be an object with a topic, not \(element.kindName)")
      }
      let object = ManifestObject(path: path, members: members)
      events.append(try declaration(object))
      for (name, value) in members where !ManifestKeys.events.contains(name) {
        unknown["\(path).\(name)"] = value
      }
    }
  }

  private func declaration(_ object: ManifestObject) throws(ManifestError) -> EventDeclaration {
    var event = EventDeclaration(topic: try object.string("topic", required: true))
    do throws(BusError) {
      let pattern = try TopicPattern(event.topic)
      if let denial = PermissionPatterns(self).denialOfDeclare(pattern) {
        throw BusError.invalid(denial)
      }
    } catch {
      throw ManifestError(key: object.key("topic"), error.description)
    }
    event.summary = try object.string("summary")
    event.contentType = try object.string("contentType")
    event.dataschema = try object.string("dataschema")
    guard let schema = object.members["schema"] else { return event }
    do throws(JSONSchema.Refusal) { event.schema = try JSONSchema(schema) } catch {
      throw ManifestError(key: object.key("schema") + error.place, error.reason)
    }
    return event
  }
}
