/// Chooses how a query comes to its records: the way that reads the fewest.
struct QueryPlanner {
  /// What was chosen.
  struct Choice {
    let path: AccessPath
    let answered: [QueryCondition]
    let residual: [QueryCondition]
    let estimated: Int
    /// Whether records come in the order that is asked, and whether backwards.
    var isOrdered: Bool
    var isReversed: Bool
  }

  /// Finds records by words, as a persistence provider does; `nil` when it cannot.
  typealias Search = (_ words: String) throws(MetadataError) -> [String]?

  private let state: CollectionState
  private let order: RecordOrder?
  private let limit: Int
  private let conjuncts: [QueryCondition]
  private let sought: [QueryCondition.Sought?]

  /// Prepares to choose.
  ///
  /// - Parameters:
  ///   - state: The collection.
  ///   - condition: Which records are asked.
  ///   - parameters: Values for its open places.
  ///   - order: The order that is asked; `nil` for any.
  ///   - limit: The most records that are asked, `Int.max` for all.
  /// - Throws: `.invalid` or `.tooLarge` about a value of the query.
  init(
    _ state: CollectionState, _ condition: QueryCondition?, _ parameters: QueryParameters,
    order: RecordOrder?, limit: Int
  ) throws(MetadataError) {
    self.state = state
    self.order = order
    self.limit = limit
    conjuncts = condition?.conjuncts ?? []
    var sought: [QueryCondition.Sought?] = []
    sought.reserveCapacity(conjuncts.count)
    for conjunct in conjuncts { sought.append(try conjunct.sought(parameters)) }
    self.sought = sought
  }

  /// The best way.
  ///
  /// - Parameters:
  ///   - parameters: Values for the condition's open places.
  ///   - search: The provider's full-text index.
  /// - Returns: The way that costs the least.
  /// - Throws: As `init`, or what `search` throws.
  func choice(
    _ parameters: QueryParameters, _ search: Search?
  ) throws(MetadataError) -> Choice {
    var choices = [plain]
    if let found = try found(parameters, search) { choices.append(found) }
    for (place, sought) in sought.enumerated() {
      guard let sought else { continue }
      // Comparisons of one field make one range, where the first of them stands.
      let isFollower = self.sought[..<place].contains {
        $0.map { $0.isComparison && sought.isComparison && $0.field == sought.field } ?? false
      }
      if !isFollower { choices += ways(sought, place) }
    }
    choices += orderedWays
    let fewest = choices.map(\.estimated).min() ?? 0
    let costs = choices.map { cost($0, fewest: fewest) }
    guard let best = costs.indices.min(by: { costs[$0] < costs[$1] }) else { return plain }
    return choices[best]
  }

  /// All records, by key.
  private var plain: Choice {
    choice(.keys([ValueRange()]), answers: [], estimated: state.records.count)
  }

  private func found(
    _ parameters: QueryParameters, _ search: Search?
  ) throws(MetadataError) -> Choice? {
    guard let search else { return nil }
    for conjunct in conjuncts {
      guard case .matches(let operand) = conjunct,
        let words = try parameters.value(of: operand).text, let keys = try search(words)
      else { continue }
      var records: [MetadataRecord] = []
      for key in Set(keys) {
        var key = key
        if let record = key.withUTF8({ unsafe state.find($0) }) { records.append(record) }
      }
      records.sort { unsafe ByteOrder.compare($0.block.key, $1.block.key) < 0 }
      // The provider's idea of words may be wider: records are tested nevertheless.
      return choice(.found(records), answers: [], estimated: records.count)
    }
    return nil
  }

  /// The ways that answer what a condition seeks.
  private func ways(_ sought: QueryCondition.Sought, _ place: Int) -> [Choice] {
    var ranges = sought.ranges
    var answers = [place]
    if sought.isComparison {
      for (other, found) in self.sought.enumerated().dropFirst(place + 1) {
        guard let found, found.isComparison, found.field == sought.field else { continue }
        ranges = [ranges[0].intersection(found.ranges[0])]
        answers.append(other)
      }
    }
    switch sought.field {
    case .key where !sought.isByElement:
      let path = AccessPath.keys(ranges)
      return [choice(path, answers: answers, estimated: path.estimate(in: state))]
    case .path(let field):
      return state.indexes.compactMap { index in
        guard index.definition.path == field, index.definition.isByElement == sought.isByElement
        else { return nil }
        let path = AccessPath.index(index, ranges)
        return choice(path, answers: answers, estimated: path.estimate(in: state))
      }
    default: return []
    }
  }

  /// Indexes that have every record in the order that is asked.
  private var orderedWays: [Choice] {
    guard limit < .max, let order, case .path(let field)? = order.terms.first?.field else {
      return []
    }
    return state.indexes.compactMap { index in
      guard index.definition.path == field, !index.definition.isByElement,
        index.entries.count == state.records.count
      else { return nil }
      let way = choice(
        .index(index, [ValueRange()]), answers: [], estimated: index.entries.count)
      return way.isOrdered ? way : nil
    }
  }

  private func choice(_ path: AccessPath, answers: [Int], estimated: Int) -> Choice {
    let reversed = direction(path)
    return Choice(
      path: path, answered: answers.map { conjuncts[$0] },
      residual: conjuncts.indices.filter { !answers.contains($0) }.map { conjuncts[$0] },
      estimated: estimated, isOrdered: reversed != nil, isReversed: reversed ?? false)
  }

  /// Whether a way must be read backwards for the order that is asked; `nil` when it does not have that order.
  private func direction(_ path: AccessPath) -> Bool? {
    guard let order else { return false }
    let terms = order.terms
    let isByKey = terms.count == 1
    switch path {
    case .keys, .found: return isByKey ? terms[0].isDescending : nil
    case .index(let index, let ranges):
      let isPoint = ranges.count == 1 && ranges[0].point != nil
      if isByKey { return isPoint ? terms[0].isDescending : nil }
      guard terms.count == 2, !index.definition.isByElement,
        terms[0].field == .path(index.definition.path),
        isPoint || terms[0].isDescending == terms[1].isDescending
      else { return nil }
      return terms[1].isDescending
    }
  }

  /// About how many records must be read, and how many sorted.
  private func cost(_ choice: Choice, fewest: Int) -> Double {
    let estimated = Double(choice.estimated)
    // A record of an index lies anywhere in memory.
    let each: Double =
      if case .keys = choice.path { 1 } else { 1.5 }
    guard choice.isOrdered else { return estimated * each * 1.5 }
    guard limit < .max else { return estimated * each }
    // Of the records read, as many fulfil the rest as of all.
    let share = max(Double(fewest), 1) / max(estimated, 1)
    let wanted = choice.residual.isEmpty ? Double(limit) : Double(limit) / share
    return min(estimated, wanted + 1) * each
  }
}
