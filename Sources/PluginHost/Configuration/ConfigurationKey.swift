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

  /// Why a value is not allowed, or `nil` when it is.
  func problem(_ value: JSON) -> String? {
    switch (kind, value) {
    case (.text, .string(let text)) where !text.isEmpty: return nil
    case (.flag, .bool): return nil
    case (.whole(let range), .int(let number)) where range.contains(number): return nil
    case (.choice(let names), .string(let name)):
      if names.contains(name) { return nil }
      return "must be \(allowed), not \(value.kindName)\(Spelling.hint(for: name, in: names))"
    case (.choices(let names), .object(let plugins)):
      for (id, value) in plugins.sorted(by: { $0.key < $1.key }) {
        guard let name = value.string, names.contains(name) else {
          let hint = value.string.map { Spelling.hint(for: $0, in: names) } ?? ""
          return "must be \(allowed); \(id) has \(value.kindName)\(hint)"
        }
      }
      return nil
    case (.provider, .string(let name)):
      let known = HostConfiguration.Metadata.Provider.inKernel.map(\.rawValue)
      return known.contains(name) ? nil : PersistenceOffer.problem(inName: name)
    case (.object, .object): return nil
    case (.list, .array(let elements)):
      guard let wrong = elements.first(where: { $0.string?.isEmpty ?? true }) else { return nil }
      return "must be \(allowed); it contains \(wrong.kindName)"
    case (.settings, .object(let plugins)):
      for (id, value) in plugins.sorted(by: { $0.key < $1.key }) where value.object == nil {
        return "must have an object for each plugin; \(id) has \(value.kindName)"
      }
      return nil
    case (.overrides(let parent), .object(let plugins)):
      return Self.problem(inOverrides: plugins, of: parent)
    case (.routes, .array(let rules)):
      return problem(in: rules) { rule throws(BusError) in
        _ = try HostConfiguration.Route(rule)
      }
    case (.eventTypes, .array(let types)):
      return problem(in: types) { type throws(BusError) in
        _ = try HostConfiguration.EventTypeSetting(type)
      }
    case (.patterns, .array(let patterns)):
      if let wrong = patterns.first(where: { $0.string == nil }) {
        return "must be \(allowed); it contains \(wrong.kindName)"
      }
      return problem(in: patterns) { pattern throws(BusError) in
        _ = try HostConfiguration.Recording.pattern(pattern.string ?? "")
      }
    case (.codes, .array(let codes)):
      for code in codes where code.string.flatMap(CodeName.code) == nil {
        let hint = Spelling.hint(for: code.string ?? "", in: CodeName.failures)
        return
          "must be \(allowed); it contains \(code.string.map { "\"\($0)\"" } ?? code.kindName)\(hint)"
      }
      return nil
    case (.rates, .object(let rates)):
      for (id, rate) in rates.sorted(by: { $0.key < $1.key })
      where !(rate.int.map { (0...1_000_000_000).contains($0) } ?? false) {
        return "must be \(allowed); \(id) has \(rate.int.map { "\($0)" } ?? rate.kindName)"
      }
      return nil
    case (.services, .object(let services)):
      for (pattern, entry) in services.sorted(by: { $0.key < $1.key }) {
        do throws(BusError) {
          try HostConfiguration.checkService(pattern, entry)
        } catch {
          return "must be \(allowed); \(error)"
        }
      }
      return nil
    case (.conditions, .array(let conditions)):
      let wrong = problem(in: conditions) { condition throws(BusError) in
        _ = try HostConfiguration.Route.Condition(condition).parsed()
      }
      return wrong ?? (conditions.count > 31 ? "must have at most 31 conditions" : nil)
    default: break
    }
    return "must be \(allowed), not \(value.kindName)"
  }

  private static func problem(inOverrides plugins: [String: JSON], of parent: String) -> String? {
    let names = all.compactMap { key -> String? in
      guard key.path.hasPrefix("\(parent)."), key.kind != .overrides(of: parent), key.kind != .list
      else { return nil }
      return String(key.path.dropFirst(parent.count + 1))
    }
    for (id, value) in plugins.sorted(by: { $0.key < $1.key }) {
      guard case .object(let members) = value else {
        return "must have an object for each plugin; \(id) has \(value.kindName)"
      }
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        guard names.contains(name), let key = named("\(parent).\(name)") else {
          return "has no member \(name) of \(id)\(Spelling.hint(for: name, in: names))"
        }
        if let problem = key.problem(value) { return "of \(id): \(name) \(problem)" }
      }
    }
    return nil
  }

  /// What is wrong with the first element that cannot be read.
  private func problem(
    in elements: [JSON], _ read: (JSON) throws(BusError) -> Void
  ) -> String? {
    for (index, element) in elements.enumerated() {
      do throws(BusError) { try read(element) } catch {
        return "must be \(allowed); in [\(index)]: \(error)"
      }
    }
    return nil
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
