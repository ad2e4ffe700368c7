public import HostSupport
public import PluginHost

/// What is declared of a host's events, as an AsyncAPI 3.0.0 document.
///
/// A channel for each topic or pattern, whose wildcards are parameters of its address; a message for each declaration; an
/// operation `send` for the plugin that declared it, and `receive` for each subscription to it.
public enum AsyncAPI {
  /// The document.
  ///
  /// - Parameters:
  ///   - types: What is declared.
  ///   - host: The host's name.
  /// - Returns: An object.
  public static func document(of types: [EventTypeReport], host: String) -> JSON {
    var parts = Parts()
    var channels: [String: String] = [:]
    for type in types {
      let channel = channels[type.topic] ?? parts.addChannel(type.topic)
      channels[type.topic] = channel
      parts.add(type, to: channel)
    }
    return .object([
      "asyncapi": .string("3.0.0"),
      "info": .object([
        "title": .string("Events of the Dovetail host \(host)"),
        "version": .string(HostVersion.text),
        "description": .string(
          "What its plugins, its configuration and it itself declared of events."),
      ]),
      "channels": .object(parts.channels.mapValues { .object($0) }),
      "operations": .object(parts.operations),
      "components": .object([
        "messages": .object(parts.messages), "schemas": .object(parts.schemas),
      ]),
    ])
  }

  private struct Parts {
    var channels: [String: [String: JSON]] = [:]
    var operations: [String: JSON] = [:]
    var messages: [String: JSON] = [:]
    var schemas: [String: JSON] = [:]

    mutating func addChannel(_ topic: String) -> String {
      let id = AsyncAPI.unused(AsyncAPI.identifier(topic), channels)
      var parameters: [String: JSON] = [:]
      let segments = topic.split(separator: ".").map { segment -> String in
        let isRest = segment == ">"
        guard isRest || segment == "*" else { return String(segment) }
        let name = isRest ? "rest" : "segment\(parameters.count + 1)"
        parameters[name] = .object([
          "description": .string(isRest ? "one or more segments" : "one segment")
        ])
        return "{\(name)}"
      }
      channels[id] = [
        "address": .string(segments.joined(separator: ".")), "messages": .object([:]),
      ]
      if !parameters.isEmpty { channels[id]?["parameters"] = .object(parameters) }
      return id
    }

    mutating func add(_ type: EventTypeReport, to channel: String) {
      let id = AsyncAPI.unused("\(channel).\(AsyncAPI.identifier(type.plugin))", messages)
      var message: [String: JSON] = ["name": .string(type.topic)]
      if !type.summary.isEmpty { message["summary"] = .string(type.summary) }
      if !type.contentType.isEmpty { message["contentType"] = .string(type.contentType) }
      if !type.dataschema.isEmpty { message["x-dataschema"] = .string(type.dataschema) }
      if let schema = type.schema {
        schemas[id] = AsyncAPI.moved(schema, to: "#/components/schemas/\(id)")
        message["payload"] = AsyncAPI.reference("#/components/schemas/\(id)")
      }
      messages[id] = .object(message)
      var all = channels[channel]?["messages"]?.object ?? [:]
      all[id] = AsyncAPI.reference("#/components/messages/\(id)")
      channels[channel]?["messages"] = .object(all)
      if type.plugin != "the configuration" {
        addOperation("send", channel, id, type.plugin, subscription: nil)
      }
      for one in type.subscribers {
        addOperation("receive", channel, id, one.plugin, subscription: one.subscription)
      }
    }

    private mutating func addOperation(
      _ action: String, _ channel: String, _ message: String, _ plugin: String,
      subscription: String?
    ) {
      let words = [plugin, action, channel] + (subscription.map { [$0] } ?? [])
      let id = AsyncAPI.unused(AsyncAPI.identifier(words.joined(separator: ".")), operations)
      var operation: [String: JSON] = [
        "action": .string(action), "channel": AsyncAPI.reference("#/channels/\(channel)"),
        "messages": .array([AsyncAPI.reference("#/channels/\(channel)/messages/\(message)")]),
        "tags": .array([.object(["name": .string(plugin)])]), "x-plugin": .string(plugin),
      ]
      if let subscription { operation["x-subscription"] = .string(subscription) }
      operations[id] = .object(operation)
    }
  }

  private static func reference(_ place: String) -> JSON { .object(["$ref": .string(place)]) }

  /// A name that a component may have: letters, digits, dots, dashes and underscores.
  private static func identifier(_ text: String) -> String {
    let words = text.replacing("*", with: "any").replacing(">", with: "rest")
    return String(
      words.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
  }

  private static func unused<Value>(_ name: String, _ taken: [String: Value]) -> String {
    guard taken[name] != nil else { return name }
    var number = 2
    while taken["\(name).\(number)"] != nil { number += 1 }
    return "\(name).\(number)"
  }

  /// A schema whose references lead to where it stands now.
  private static func moved(_ schema: JSON, to place: String) -> JSON {
    switch schema {
    case .array(let elements): return .array(elements.map { moved($0, to: place) })
    case .object(let members):
      var result: [String: JSON] = [:]
      for (name, value) in members {
        switch (name, value) {
        case ("$ref", .string(let target)): result[name] = .string(place + target.dropFirst())
        case ("enum", _), ("const", _), ("default", _), ("examples", _): result[name] = value
        default: result[name] = moved(value, to: place)
        }
      }
      return .object(result)
    default: return schema
    }
  }
}
