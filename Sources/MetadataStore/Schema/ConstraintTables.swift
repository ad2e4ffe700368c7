/// Who has each unique key, and who names each record.
///
/// What a transaction changes can be taken back until it is settled. Threading: the store's one writer.
struct ConstraintTables {
  /// A field of a record that names another.
  struct Source: Hashable {
    let collection: String
    let key: String
    /// The reference's place in the definition.
    let reference: Int
  }

  private enum Step {
    case held(String, Int, UniqueKey, former: String?)
    case named(ReferenceTarget, Source)
    case unnamed(ReferenceTarget, Source)
  }

  /// By collection and constraint.
  private var holders: [String: [[UniqueKey: String]]] = [:]
  private var sources: [ReferenceTarget: Set<Source>] = [:]
  private var steps: [Step] = []

  /// The key of the record that has a unique key.
  func holder(of key: UniqueKey, _ constraint: Int, in collection: String) -> String? {
    guard let tables = holders[collection], tables.indices.contains(constraint) else { return nil }
    return tables[constraint][key]
  }

  /// One of those who name a record; the first in order, so that messages are the same each time.
  func source(of target: ReferenceTarget) -> Source? {
    sources[target]?.min { left, right in
      (left.collection, left.key, left.reference) < (right.collection, right.key, right.reference)
    }
  }

  /// Says who has a unique key from now on; `nil` for nobody.
  mutating func hold(
    _ key: UniqueKey, _ constraint: Int, in collection: String, by holder: String?
  ) {
    let former = setHolder(of: key, constraint, in: collection, to: holder)
    steps.append(.held(collection, constraint, key, former: former))
  }

  /// Notes that a field names a record.
  mutating func name(_ target: ReferenceTarget, by source: Source) {
    if insert(source, of: target) { steps.append(.named(target, source)) }
  }

  /// Notes that a field names a record no more.
  mutating func unname(_ target: ReferenceTarget, by source: Source) {
    if remove(source, of: target) { steps.append(.unnamed(target, source)) }
  }

  // MARK: Taking back

  /// Where `takeBack` goes back to.
  var mark: Int { steps.count }

  /// Makes what was done final.
  mutating func settle() { steps.removeAll(keepingCapacity: steps.count < 1024) }

  /// Takes back what was done since a mark.
  mutating func takeBack(to mark: Int = 0) {
    while steps.count > mark, let step = steps.popLast() {
      switch step {
      case .held(let collection, let constraint, let key, let former):
        _ = setHolder(of: key, constraint, in: collection, to: former)
      case .named(let target, let source): _ = remove(source, of: target)
      case .unnamed(let target, let source): _ = insert(source, of: target)
      }
    }
  }

  // MARK: Tables

  private mutating func setHolder(
    of key: UniqueKey, _ constraint: Int, in collection: String, to holder: String?
  ) -> String? {
    while holders[collection, default: []].count <= constraint {
      holders[collection, default: []].append([:])
    }
    let former = holders[collection]?[constraint][key]
    holders[collection]?[constraint][key] = holder
    return former
  }

  private mutating func insert(_ source: Source, of target: ReferenceTarget) -> Bool {
    sources[target, default: []].insert(source).inserted
  }

  private mutating func remove(_ source: Source, of target: ReferenceTarget) -> Bool {
    guard sources[target]?.remove(source) != nil else { return false }
    if sources[target]?.isEmpty ?? false { sources[target] = nil }
    return true
  }
}
