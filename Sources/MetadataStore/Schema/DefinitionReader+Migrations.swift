import HostSupport

extension DefinitionReader {
  /// The migrations to a version.
  func migrations(_ json: JSON?, below version: Int) throws(Refusal) -> [Migration] {
    guard let json else { return [] }
    var result: [Migration] = []
    let elements = try array(json, "/migrations", most: CollectionDefinition.mostMigrations)
    for (index, element) in elements.enumerated() {
      let here = "/migrations/\(index)"
      let members = try object(element, here, known: ["from", "steps"])
      guard let from = members["from"] else {
        throw refusal(here, "has no \"from\"; say which version's records it takes")
      }
      let number = try whole(from, here + "/from", in: 0...Int64(version - 1))
      guard let steps = members["steps"] else {
        throw refusal(here, "has no \"steps\"; give [] to have every record checked only")
      }
      if let last = result.last, last.from >= number {
        throw refusal(here + "/from", "must be more than the \(last.from) of the one before")
      }
      result.append(Migration(from: Int(number), steps: try self.steps(steps, here + "/steps")))
    }
    return result
  }

  private func steps(_ json: JSON, _ pointer: String) throws(Refusal) -> [MigrationStep] {
    var result: [MigrationStep] = []
    let elements = try array(json, pointer, most: CollectionDefinition.mostSteps)
    for (index, element) in elements.enumerated() {
      let here = "\(pointer)/\(index)"
      let known = ["rename", "set", "remove", "convert"]
      let members = try object(element, here, known: known)
      guard members.count == 1, let (name, content) = members.first else {
        throw refusal(here, "must have one of \(known.joined(separator: ", "))")
      }
      result.append(try step(name, content, "\(here)/\(name)"))
    }
    return result
  }

  private func step(
    _ name: String, _ json: JSON, _ here: String
  ) throws(Refusal) -> MigrationStep {
    switch name {
    case "rename":
      let members = try object(json, here, known: ["from", "to"])
      let from = try field(members["from"], here + "/from")
      let to = try field(members["to"], here + "/to")
      guard !to.names.starts(with: from.names), !from.names.starts(with: to.names) else {
        throw refusal(here, "\(from) and \(to) are one within the other; go by a third name")
      }
      return .rename(from: from, to: to)
    case "set":
      let members = try object(json, here, known: ["field", "value"])
      guard let value = members["value"] else {
        throw refusal(here, "has no \"value\"; give null for nothing")
      }
      let field = try field(members["field"], here + "/field")
      do throws(MetadataError) {
        return .set(field, try MetadataValue(json: value))
      } catch {
        throw refusal(here + "/value", error.description)
      }
    case "remove": return .remove(try field(json, here))
    default:
      let members = try object(json, here, known: ["field", "to"])
      return .convert(
        try field(members["field"], here + "/field"), to: try target(members["to"], here + "/to"))
    }
  }

  private func target(_ json: JSON?, _ here: String) throws(Refusal) -> MigrationStep.Target {
    let names = MigrationStep.Target.allCases.map(\.rawValue)
    guard let json else {
      throw refusal(here, "is missing; give one of \(names.joined(separator: ", "))")
    }
    let text = try string(json, here)
    guard let target = MigrationStep.Target(named: text) else {
      throw refusal(
        here,
        "\(JSON.string(text).text()) is not one of \(names.joined(separator: ", "))"
          + Spelling.hint(for: text, in: names))
    }
    return target
  }
}

extension MigrationStep.Target {
  /// The type of a schema's name, or of the store's own: `bool`, `int`, `int64`, `double`, `list`.
  init?(named name: String) {
    switch name {
    case "bool": self = .boolean
    case "int", "int64": self = .integer
    case "double": self = .number
    case "list": self = .array
    default: self.init(rawValue: name)
    }
  }
}
