import EventBus
import HostSupport

extension ConfigurationKey {
  /// Why a value is not allowed, or `nil` when it is.
  func problem(_ value: JSON) -> String? {
    switch (kind, value) {
    case (.text, .string(let text)) where !text.isEmpty: return nil
    case (.flag, .bool), (.object, .object): return nil
    case (.whole(let range), .int(let number)) where range.contains(number): return nil
    case (.choice(let names), .string(let name)):
      if names.contains(name) { return nil }
      return "must be \(allowed), not \(value.kindName)\(Spelling.hint(for: name, in: names))"
    case (.provider, .string(let name)):
      let known = HostConfiguration.Metadata.Provider.inKernel.map(\.rawValue)
      return known.contains(name) ? nil : PersistenceOffer.problem(inName: name)
    case (_, .object(let members)) where hasMembers: return problem(inMembers: members)
    case (_, .array(let elements)) where hasElements: return problem(inElements: elements)
    default: return "must be \(allowed), not \(value.kindName)"
    }
  }

  private var hasMembers: Bool {
    switch kind {
    case .choices, .settings, .overrides, .rates, .services: true
    default: false
    }
  }

  private var hasElements: Bool {
    switch kind {
    case .list, .routes, .eventTypes, .patterns, .codes, .conditions: true
    default: false
    }
  }

  // MARK: Objects

  /// What is wrong with the first member, by name, that is not allowed.
  private func problem(inMembers members: [String: JSON]) -> String? {
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if let problem = problem(inMember: name, value) { return problem }
    }
    return nil
  }

  private func problem(inMember name: String, _ value: JSON) -> String? {
    switch kind {
    case .choices(let names):
      if let choice = value.string, names.contains(choice) { return nil }
      let hint = value.string.map { Spelling.hint(for: $0, in: names) } ?? ""
      return "must be \(allowed); \(name) has \(value.kindName)\(hint)"
    case .rates:
      if let rate = value.int, (0...1_000_000_000).contains(rate) { return nil }
      return "must be \(allowed); \(name) has \(value.int.map { "\($0)" } ?? value.kindName)"
    case .services:
      do throws(BusError) {
        try HostConfiguration.checkService(name, value)
        return nil
      } catch {
        return "must be \(allowed); \(error)"
      }
    case .overrides(let parent):
      if let own = value.object { return Self.problem(inOverrides: own, of: name, below: parent) }
    default:
      if value.object != nil { return nil }
    }
    return "must have an object for each plugin; \(name) has \(value.kindName)"
  }

  private static func problem(
    inOverrides members: [String: JSON], of id: String, below parent: String
  ) -> String? {
    let names = all.compactMap { key -> String? in
      guard key.path.hasPrefix("\(parent)."), key.kind != .overrides(of: parent), key.kind != .list
      else { return nil }
      return String(key.path.dropFirst(parent.count + 1))
    }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      guard names.contains(name), let key = named("\(parent).\(name)") else {
        return "has no member \(name) of \(id)\(Spelling.hint(for: name, in: names))"
      }
      if let problem = key.problem(value) { return "of \(id): \(name) \(problem)" }
    }
    return nil
  }

  // MARK: Arrays

  private func problem(inElements elements: [JSON]) -> String? {
    switch kind {
    case .routes:
      return problem(in: elements) { rule throws(BusError) in
        _ = try HostConfiguration.Route(rule)
      }
    case .eventTypes:
      return problem(in: elements) { type throws(BusError) in
        _ = try HostConfiguration.EventTypeSetting(type)
      }
    case .conditions:
      let wrong = problem(in: elements) { condition throws(BusError) in
        _ = try HostConfiguration.Route.Condition(condition).parsed()
      }
      return wrong ?? (elements.count > 31 ? "must have at most 31 conditions" : nil)
    case .patterns:
      if let wrong = elements.first(where: { $0.string == nil }) { return contains(wrong.kindName) }
      return problem(in: elements) { pattern throws(BusError) in
        _ = try HostConfiguration.Recording.pattern(pattern.string ?? "")
      }
    case .codes:
      let wrong = elements.first { $0.string.flatMap(CodeName.code) == nil }
      guard let wrong else { return nil }
      let hint = Spelling.hint(for: wrong.string ?? "", in: CodeName.failures)
      return contains("\(wrong.string.map { "\"\($0)\"" } ?? wrong.kindName)\(hint)")
    default:
      return elements.first { $0.string?.isEmpty ?? true }.map { contains($0.kindName) }
    }
  }

  private func contains(_ wrong: String) -> String { "must be \(allowed); it contains \(wrong)" }

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
}
