import EventBus
import HostSupport

/// One thing that an operator can set: its name, what it may be, what it means, and where it goes.
public struct ConfigurationKey: Sendable {
  /// The key as a path, such as `probation.seconds`.
  public let path: String
  /// What the value may be, for people: `0…3600`, `true or false`.
  public var allowed: String { kind.phrase }
  /// What it means, in half a sentence.
  public let meaning: String
  let kind: Kind
  let set: @Sendable (inout HostConfiguration, JSON) -> Void

  /// How a value is checked, and how text of the environment is read.
  enum Kind: Sendable, Equatable {
    case text
    case flag
    case whole(ClosedRange<Int64>)
    case choice([String])
    case choices([String])
    case list
    case settings
    case provider
    case object
    case routes
    case eventTypes
    case patterns
    case conditions
    case codes
    case services
    case rates
    /// Objects by plugin id, with members that are keys below this one.
    case overrides(of: String)
  }

  init(
    _ path: String, _ kind: Kind, _ meaning: String,
    set: @escaping @Sendable (inout HostConfiguration, JSON) -> Void
  ) {
    self.path = path
    self.kind = kind
    self.meaning = meaning
    self.set = set
  }

  /// The environment variable that sets the key: `DOVETAIL_PROBATION_SECONDS`.
  public var variable: String {
    var name = "DOVETAIL_"
    for character in path {
      if character == "." {
        name += "_"
      } else {
        if character.isUppercase { name += "_" }
        name += character.uppercased()
      }
    }
    return name
  }

  /// The value that a text of the environment stands for; it may still not be allowed.
  func value(ofText text: String) -> JSON {
    switch kind {
    case .text, .choice, .provider: return .string(text)
    case .flag:
      switch text.lowercased() {
      case "true", "1", "yes", "on": return .bool(true)
      case "false", "0", "no", "off": return .bool(false)
      default: return .string(text)
      }
    case .whole: return Int64(text).map { .int($0) } ?? .string(text)
    case .list, .patterns, .codes:
      return .array(text.split(separator: ",").map { .string(String($0)) })
    case .settings, .choices, .routes, .eventTypes, .conditions, .object, .services, .rates,
      .overrides:
      return (try? JSON(parsing: text.utf8, json5: true)) ?? .string(text)
    }
  }
}

extension ConfigurationKey.Kind {
  fileprivate var phrase: String {
    switch self {
    case .text: "a string that is not empty"
    case .flag: "true or false"
    case .whole(let range): "a whole number in \(range.lowerBound)…\(range.upperBound)"
    case .choice(let names): "one of \(names.joined(separator: ", "))"
    case .choices(let names):
      "an object with one of \(names.joined(separator: ", ")) for each plugin id"
    case .list: "an array of strings that are not empty"
    case .routes: "an array of {from, filter, to, mode}"
    case .eventTypes: "an array of {topic, schema or file, contentType, enforce}"
    case .patterns: "an array of patterns; between slashes, of regular expressions"
    case .conditions: "an array of {field, test, value}"
    case .settings: "an object with an object for each plugin id"
    case .provider: "file, memory, or the name of a plugin's provider"
    case .object: "an object"
    case .codes: "an array of codes such as DVT_FAILED"
    case .rates: "an object with a whole number in 0…1000000000 for each plugin id"
    case .services: "an object with {breaker, bulkhead, rateLimit, …} for each service"
    case .overrides(let parent): "an object with an object of \(parent)'s keys for each plugin id"
    }
  }
}
