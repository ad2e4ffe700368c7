import HostSupport

/// Finds out whether every value that fits one schema fits another, once the other's defaults are filled in.
///
/// It errs on the safe side: what it finds compatible is, and what it cannot tell is not.
struct SchemaInclusion {
  /// One schema within the former or the new one.
  private struct Side {
    let rules: [ValueRule]
    let number: Int
    /// Whether it is the schema that every value fits, and has no schemas within it.
    var isAnything = false

    var rule: ValueRule { rules[number] }
    var keywords: ValueKeywords { rules[number].keywords }
    /// Whether no value fits.
    var isEmpty: Bool { keywords.choices?.isEmpty ?? false }

    static let anything = Side(rules: ValueSchema.anything.rules, number: 0, isAnything: true)

    func fits(_ value: MetadataValue) -> Bool {
      var check = ValueCheck(rules, most: 0)
      return PackedValue(value).withView { check.fits($0, number) }
    }

    func at(_ number: Int?) -> Side { number.map { Side(rules: rules, number: $0) } ?? .anything }

    /// What a member may be, and whether it is named; `nil` when it is not allowed.
    func member(_ name: String) -> (side: Side, isNamed: Bool)? {
      if let member = keywords.members.first(where: { $0.name == name }) {
        let side = at(member.rule)
        return side.isEmpty ? nil : (side, true)
      }
      return others.map { ($0, false) }
    }

    /// What members without a schema of their own may be; `nil` when there are none.
    var others: Side? {
      switch keywords.others {
      case .any: .anything
      case .none: nil
      case .node(let number): at(number).isEmpty ? nil : at(number)
      }
    }

    func requires(_ name: String) -> Bool {
      keywords.members.contains { $0.name == name && $0.isRequired }
    }

    /// Every value that fits, if the schema says so.
    var choices: [MetadataValue]? {
      if let choices = keywords.choices {
        return choices.filter(fits)
      }
      guard let kinds = keywords.kinds, kinds.isSubset(of: [.boolean, .null]) else { return nil }
      return [.bool(false), .bool(true), .null].filter { kinds.contains($0.schemaKind) }
    }
  }

  /// Fields that no default may fill in, since it would be given to several records.
  let guarded: [FieldPath]
  private(set) var found: [Incompatibility] = []
  /// Whether a value may lack what the new schema requires and has a default for.
  private(set) var needsFilling = false

  /// A comparison that lets no default fill in some fields.
  init(guarding fields: [FieldPath]) { guarded = fields }

  /// Compares two schemas; the result is in `found` and `needsFilling`.
  mutating func compare(old: ValueSchema, new: ValueSchema) {
    guard old != new else { return }
    compare(Side(rules: old.rules, number: 0), Side(rules: new.rules, number: 0), Field())
  }

  private mutating func compare(_ old: Side, _ new: Side, _ field: Field) {
    if old.isEmpty || new.isAnything { return }
    if let choices = old.choices { return compare(choices, new, field) }
    compareKinds(old, new, field)
    guard new.keywords.choices == nil else {
      return find(new, field.step(.set), "allows only what it names now")
    }
    if shares([.integer, .number], old, new) {
      compare(old.keywords.numberBounds, new.keywords.numberBounds, new, field)
    }
    if shares(.date, old, new) {
      compare(old.keywords.dateBounds, new.keywords.dateBounds, new, field)
    }
    if shares([.string, .bytes], old, new) { compareLengths(old, new, field) }
    if shares(.string, old, new), let pattern = new.keywords.pattern,
      pattern.text != old.keywords.pattern?.text
    {
      find(new, field.step(.set), "must match \(pattern.text) now")
    }
    if shares(.array, old, new) { compareElements(old, new, field) }
    if shares(.object, old, new) { compareMembers(old, new, field) }
  }

  // MARK: Kinds and scalars

  private mutating func compare(_ choices: [MetadataValue], _ new: Side, _ field: Field) {
    var lost: [MetadataValue] = []
    for choice in choices {
      if new.fits(choice) { continue }
      var filling = DefaultFilling(new.rules, most: MetadataValue.maximumSize)
      // Where no default may be given to several fields, none is.
      if guarded.isEmpty, let filled = try? filling.filled(new.number, choice),
        new.fits(filled)
      {
        needsFilling = true
        continue
      }
      lost.append(choice)
    }
    guard !lost.isEmpty else { return }
    let words = lost.prefix(4).map { $0.json.text() }.joined(separator: ", ")
    find(new, field.step(.set), "no longer allows \(words)\(lost.count > 4 ? ", …" : "")")
  }

  private mutating func compareKinds(_ old: Side, _ new: Side, _ field: Field) {
    var lost: [String] = []
    for (_, kind, phrase) in SchemaNode.Kinds.all
    where old.rule.allows(kind) && !new.rule.allows(kind) {
      lost.append(kind == .number && new.rule.allows(.integer) ? "a double" : phrase)
    }
    guard !lost.isEmpty else { return }
    let target = SchemaNode.Kinds.all.first { $0.kind == new.keywords.kinds }
      .flatMap { MigrationStep.Target(rawValue: $0.name) }
    find(
      new, field.step(target.map { .convert($0) } ?? .set),
      "no longer allows \(lost.joined(separator: " or "))")
  }

  private func shares(_ kinds: SchemaNode.Kinds, _ old: Side, _ new: Side) -> Bool {
    SchemaNode.Kinds.all.contains { _, kind, _ in
      kinds.contains(kind) && old.rule.allows(kind) && new.rule.allows(kind)
    }
  }

  private mutating func compare(
    _ old: [ValueBound], _ new: [ValueBound], _ side: Side, _ field: Field
  ) {
    for bound in new where !old.contains(where: { bound.isImplied(by: $0) }) {
      find(side, field.step(.set), "must be \(bound.keyword.phrase) \(bound.words) now")
    }
  }

  private mutating func compareLengths(_ old: Side, _ new: Side, _ field: Field) {
    if new.keywords.shortest > old.keywords.shortest {
      find(new, field.step(.set), "must have a length of at least \(new.keywords.shortest) now")
    }
    if new.keywords.longest < old.keywords.longest {
      find(new, field.step(.set), "must have a length of at most \(new.keywords.longest) now")
    }
  }

  // MARK: Lists and maps

  private mutating func compareElements(_ old: Side, _ new: Side, _ field: Field) {
    if new.keywords.leastItems > old.keywords.leastItems {
      find(new, field.step(.set), "must have at least \(new.keywords.leastItems) elements now")
    }
    if new.keywords.mostItems < old.keywords.mostItems {
      find(new, field.step(.set), "must have at most \(new.keywords.mostItems) elements now")
    }
    guard let items = new.keywords.items, old.keywords.mostItems > 0 else { return }
    compare(old.at(old.keywords.items), new.at(items), field.within())
  }

  private mutating func compareMembers(_ old: Side, _ new: Side, _ field: Field) {
    let names = Set(old.keywords.members.map(\.name)).union(new.keywords.members.map(\.name))
    for name in names.sorted() {
      compareMember(name, old, new, field.member(name))
    }
    guard let former = old.others else { return }
    guard let others = new.others else {
      return find(
        new, "give a step {\"remove\": …} for each", "no longer allows members without a schema",
        "/additionalProperties")
    }
    compare(former, others, field.within())
  }

  private mutating func compareMember(
    _ name: String, _ old: Side, _ new: Side, _ field: Field
  ) {
    if new.requires(name), !old.requires(name) { require(name, new, field) }
    guard let former = old.member(name) else { return }
    guard let present = new.member(name) else {
      let place = new.keywords.members.contains { $0.name == name } || !former.isNamed ? new : old
      return find(
        place, field.step(.remove), "no longer allows it",
        "/properties/\(JSONPointer.escape(name))")
    }
    guard !former.isNamed, present.isNamed else {
      return compare(former.side, present.side, field)
    }
    var trial = SchemaInclusion(guarding: guarded)
    trial.compare(former.side, present.side, field)
    needsFilling = needsFilling || trial.needsFilling
    if !trial.found.isEmpty {
      find(
        present.side, "give a migration without steps to have every record checked",
        "is new, but records may have something else there already")
    }
  }

  private mutating func require(_ name: String, _ new: Side, _ field: Field) {
    let member = new.member(name)?.side
    guard member?.rule.fallback != nil else {
      return find(
        new, "give it a default, or \(field.step(.set))",
        "requires \(JSON.string(name).text()) now", "/required")
    }
    needsFilling = true
    guard field.touches(guarded) else { return }
    find(
      new, field.step(.set),
      "requires \(JSON.string(name).text()) now, and its default cannot be given to several "
        + "records, since the field is unique or a reference", "/required")
  }

  // MARK: Words

  private mutating func find(
    _ side: Side, _ remedy: String, _ reason: String, _ keyword: String = ""
  ) {
    found.append(
      Incompatibility(
        pointer: "/schema\(side.keywords.place)\(keyword)", reason: reason, remedy: remedy))
  }

  /// The field that is looked at, as far as steps of a migration reach.
  private struct Field {
    enum Step {
      case set, remove
      case convert(MigrationStep.Target)
    }

    private var names: [String] = []
    private var isWithin = false

    func member(_ name: String) -> Field {
      var field = self
      if !isWithin { field.names.append(name) }
      return field
    }

    /// The elements of a list, or members of any name.
    func within() -> Field {
      var field = self
      field.isWithin = true
      return field
    }

    /// Whether one of some fields is this one, around it or within it.
    func touches(_ fields: [FieldPath]) -> Bool {
      fields.contains { $0.names.starts(with: names) || names.starts(with: $0.names) }
    }

    /// What a migration could do.
    func step(_ step: Step) -> String {
      guard !names.isEmpty else { return "no step reaches it: write such records anew first" }
      let name = JSON.string(FieldPath(names: names).description).text()
      return switch step {
      case .remove where !isWithin: "give a step {\"remove\": \(name)}"
      case .convert(let target) where !isWithin:
        "give a step {\"convert\": {\"field\": \(name), \"to\": \"\(target.rawValue)\"}}"
      default: "give a step {\"set\": {\"field\": \(name), \"value\": …}}"
      }
    }
  }
}
