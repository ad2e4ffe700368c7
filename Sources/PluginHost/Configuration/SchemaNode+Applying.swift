import HostSupport

extension SchemaNode {
  /// Checks a value and fills in the defaults of absent members.
  ///
  /// - Parameters:
  ///   - value: What was set.
  ///   - pointer: Its place as a JSON pointer.
  ///   - problems: Receives what is wrong.
  /// - Returns: The value with defaults.
  func apply(
    to value: JSON, at pointer: String, _ problems: inout [SettingsError.Problem]
  ) -> JSON {
    let fail = { (reason: String) in SettingsError.Problem(pointer: pointer, reason: reason) }
    if !kinds.isEmpty, !kinds.contains(where: { $0.accepts(value) }) {
      let wanted = kinds.map(\.phrase).joined(separator: " or ")
      problems.append(fail("must be \(wanted), not \(value.kindName)"))
      return value
    }
    if let choices, !choices.contains(where: { $0.equalsAsNumber(value) }) {
      let allowed = choices.prefix(16).map { $0.text() }.joined(separator: ", ")
      let hint = Spelling.hint(for: value.string ?? "", in: choices.compactMap(\.string))
      problems.append(fail("must be one of \(allowed), not \(value.kindName)\(hint)"))
    }
    switch value {
    case .object(let members): return .object(apply(to: members, at: pointer, &problems))
    case .array(let elements): return .array(apply(to: elements, at: pointer, &problems))
    case .string(let text): problems += textProblems(text).map(fail)
    case .int, .double: problems += numberProblem(value).map { [fail($0)] } ?? []
    case .null, .bool: break
    }
    return value
  }

  private func apply(
    to members: [String: JSON], at pointer: String, _ problems: inout [SettingsError.Problem]
  ) -> [String: JSON] {
    var result = members
    for name in members.keys.sorted() {
      guard let value = members[name] else { continue }
      let place = "\(pointer)/\(Self.escape(name))"
      if let node = properties[name] ?? others.first {
        result[name] = node.apply(to: value, at: place, &problems)
      } else if !allowsOthers {
        let hint = Spelling.hint(for: name, in: properties.keys.sorted())
        problems.append(.init(pointer: place, reason: "is not a setting of this plugin\(hint)"))
      }
    }
    for (name, node) in properties where members[name] == nil {
      if let value = node.implied { result[name] = value }
    }
    for name in required where result[name] == nil {
      problems.append(
        .init(pointer: "\(pointer)/\(Self.escape(name))", reason: "is missing; it is required"))
    }
    return result
  }

  private func apply(
    to elements: [JSON], at pointer: String, _ problems: inout [SettingsError.Problem]
  ) -> [JSON] {
    guard let node = items.first else { return elements }
    var result: [JSON] = []
    for (index, element) in elements.enumerated() {
      result.append(node.apply(to: element, at: "\(pointer)/\(index)", &problems))
    }
    return result
  }

  /// The value of an absent member: its default, or an object of the defaults within it where these suffice.
  private var implied: JSON? {
    if let fallback { return fallback }
    guard kinds == [.object] else { return nil }
    var problems: [SettingsError.Problem] = []
    let filled = apply(to: .object([:]), at: "", &problems)
    return problems.isEmpty && filled != .object([:]) ? filled : nil
  }

  private func textProblems(_ text: String) -> [String] {
    var result: [String] = []
    let length = text.unicodeScalars.count
    if let shortest, length < shortest {
      result.append("must have at least \(shortest) characters, not \(length)")
    }
    if let longest, length > longest {
      result.append("must have at most \(longest) characters, not \(length)")
    }
    if let pattern, !pattern.matches(text) {
      result.append("must match \(pattern.text), unlike \(JSON.string(text).kindName)")
    }
    return result
  }

  private func numberProblem(_ value: JSON) -> String? {
    guard let number = value.double else { return nil }
    if let minimum, number < minimum {
      return "must be at least \(Self.plain(minimum)), not \(Self.plain(number))"
    }
    if let maximum, number > maximum {
      return "must be at most \(Self.plain(maximum)), not \(Self.plain(number))"
    }
    return nil
  }

  private static func plain(_ number: Double) -> String {
    Int64(exactly: number).map { "\($0)" } ?? "\(number)"
  }

  /// A name as a JSON pointer has it.
  private static func escape(_ name: String) -> String {
    name.contains { $0 == "~" || $0 == "/" }
      ? String(name.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }) : name
  }
}

extension SchemaNode.Kind {
  func accepts(_ value: JSON) -> Bool {
    switch (self, value) {
    case (.object, .object), (.array, .array), (.string, .string), (.boolean, .bool),
      (.null, .null), (.integer, .int), (.number, .int), (.number, .double):
      true
    case (.integer, .double(let number)): number.rounded() == number
    default: false
    }
  }

  var phrase: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .null: "null"
    }
  }
}

extension JSON {
  /// Equality in which `1` and `1.0` are the same number.
  fileprivate func equalsAsNumber(_ other: JSON) -> Bool {
    if let left = double, let right = other.double { return left == right }
    return self == other
  }
}
