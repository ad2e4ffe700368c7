import HostSupport

/// Reads the members of a definition's document.
struct DefinitionReader {
  typealias Refusal = CollectionDefinition.Refusal

  static let members = [
    "version", "description", "schema", "unique", "references", "indexes", "ttl", "history",
    "quota", "migrations",
  ]

  let collection: String

  func refusal(_ pointer: String, _ reason: String) -> Refusal {
    Refusal(collection: collection, pointer: pointer, reason: reason)
  }

  // MARK: Shapes

  /// The members of an object that has no others than the known ones.
  func object(
    _ json: JSON, _ pointer: String, known: [String]? = nil
  ) throws(Refusal) -> [String: JSON] {
    guard case .object(let members) = json else {
      throw refusal(pointer, "must be an object, not \(Self.found(json))")
    }
    guard let known else { return members }
    for name in members.keys.sorted() where !known.contains(name) {
      let hint = Spelling.nearest(to: name, in: known).map { "did you mean \"\($0)\"?" }
      throw refusal(
        "\(pointer)/\(JSONPointer.escape(name))",
        "is not known; \(hint ?? "the members are \(known.joined(separator: ", "))")")
    }
    return members
  }

  func array(_ json: JSON, _ pointer: String, most: Int) throws(Refusal) -> [JSON] {
    guard case .array(let elements) = json else {
      throw refusal(pointer, "must be an array, not \(Self.found(json))")
    }
    guard elements.count <= most else {
      throw refusal(pointer, "has \(elements.count) elements; at most \(most) are allowed")
    }
    return elements
  }

  func string(_ json: JSON, _ pointer: String) throws(Refusal) -> String {
    guard case .string(let text) = json else {
      throw refusal(pointer, "must be a string, not \(Self.found(json))")
    }
    return text
  }

  func whole(
    _ json: JSON, _ pointer: String, in range: ClosedRange<Int64>
  ) throws(Refusal) -> Int64 {
    guard case .int(let number) = json, range.contains(number) else {
      throw refusal(
        pointer,
        "must be a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "not \(Self.found(json))")
    }
    return number
  }

  func seconds(_ json: JSON, _ pointer: String) throws(Refusal) -> Int64 {
    try whole(json, pointer, in: 1...CollectionDefinition.longestSeconds)
  }

  func field(_ json: JSON?, _ pointer: String) throws(Refusal) -> FieldPath {
    guard let json else { throw refusal(pointer, "is missing; name a field such as \"a.b\"") }
    return try field(named: try string(json, pointer), pointer)
  }

  private func field(named text: String, _ pointer: String) throws(Refusal) -> FieldPath {
    guard let path = FieldPath(text) else {
      throw refusal(
        pointer,
        "\(JSON.string(text).text()) is no path of a field; join 1…\(FieldPath.mostNames) names "
          + "by dots, with \\ before a dot or \\ in a name, in at most "
          + "\(FieldPath.maximumBytes) bytes")
    }
    return path
  }

  private static func found(_ json: JSON) -> String {
    switch json {
    case .int, .double: "the number \(json.text())"
    case .bool, .null: json.text()
    case .string(let text): text.utf8.count > 64 ? "a string" : "the string \(json.text())"
    case .array: "an array"
    case .object: "an object"
    }
  }

  // MARK: Members

  func schema(_ json: JSON) throws(Refusal) -> ValueSchema {
    do throws(JSONSchema.Refusal) {
      return try ValueSchema(json)
    } catch {
      throw refusal("/schema" + error.place, error.reason)
    }
  }

  func unique(_ json: JSON?) throws(Refusal) -> [[FieldPath]] {
    guard let json else { return [] }
    var result: [[FieldPath]] = []
    let elements = try array(json, "/unique", most: CollectionDefinition.mostUnique)
    for (index, element) in elements.enumerated() {
      let here = "/unique/\(index)"
      var fields: [FieldPath] = []
      if case .array = element {
        let names = try array(element, here, most: CollectionDefinition.mostUniqueFields)
        for (index, name) in names.enumerated() {
          fields.append(try field(name, "\(here)/\(index)"))
        }
      } else {
        fields = [try field(element, here)]
      }
      guard !fields.isEmpty, Set(fields).count == fields.count else {
        throw refusal(here, "must name one field or more, each once")
      }
      guard !result.contains(where: { Set($0) == Set(fields) }) else {
        throw refusal(here, "is there already; take it out")
      }
      result.append(fields)
    }
    return result
  }

  func references(_ json: JSON?) throws(Refusal) -> [Reference] {
    guard let json else { return [] }
    let members = try object(json, "/references")
    guard members.count <= CollectionDefinition.mostReferences else {
      throw refusal(
        "/references",
        "has \(members.count) fields; at most \(CollectionDefinition.mostReferences) are allowed")
    }
    var result: [Reference] = []
    for (name, target) in members.sorted(by: { $0.key < $1.key }) {
      let here = "/references/\(JSONPointer.escape(name))"
      let collection = try string(target, here)
      do throws(MetadataError) {
        try MetadataWrite.validate(collection: collection)
      } catch {
        throw refusal(here, error.description)
      }
      result.append(Reference(field: try field(named: name, here), collection: collection))
    }
    return result
  }

  func indexes(_ json: JSON?) throws(Refusal) -> [IndexDefinition] {
    guard let json else { return [] }
    var result: [IndexDefinition] = []
    let elements = try array(json, "/indexes", most: CollectionDefinition.mostIndexes)
    for (index, element) in elements.enumerated() {
      let here = "/indexes/\(index)"
      let known = ["field", "tags", "category"]
      let members = try object(element, here, known: known)
      guard members.count == 1, let (kind, name) = members.first else {
        throw refusal(here, "must have one of \(known.joined(separator: ", "))")
      }
      let path = try field(name, "\(here)/\(kind)")
      let definition: IndexDefinition =
        switch kind {
        case "tags": .tags(path)
        case "category": .category(path)
        default: .field(path)
        }
      guard !result.contains(definition) else {
        throw refusal(here, "is there already; take it out")
      }
      result.append(definition)
    }
    return result
  }

  func history(_ json: JSON) throws(Refusal) -> HistoryPolicy {
    let members = try object(json, "/history", known: ["count", "age"])
    guard !members.isEmpty else {
      throw refusal("/history", "must have \"count\", \"age\" (in seconds) or both")
    }
    return HistoryPolicy(
      count: try members["count"].map { json throws(Refusal) in
        Int(try whole(json, "/history/count", in: 1...Int64(HistoryPolicy.mostCount)))
      },
      age: try members["age"].map { json throws(Refusal) in try seconds(json, "/history/age") })
  }

  func quota(_ json: JSON) throws(Refusal) -> CollectionQuota {
    let members = try object(json, "/quota", known: ["records", "bytes"])
    guard !members.isEmpty else {
      throw refusal("/quota", "must have \"records\", \"bytes\" or both")
    }
    return CollectionQuota(
      records: try members["records"].map { json throws(Refusal) in
        try whole(json, "/quota/records", in: 0...Int64.max)
      },
      bytes: try members["bytes"].map { json throws(Refusal) in
        try whole(json, "/quota/bytes", in: 0...Int64.max)
      })
  }
}
