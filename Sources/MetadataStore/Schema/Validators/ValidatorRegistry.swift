import HostSupport
import Synchronization

/// The validators of a store, in the order in which they are asked.
///
/// Threading: `review` is called by the store's committing thread, under no lock; everything else by any.
public final class ValidatorRegistry: Sendable {
  /// The longest budget in milliseconds.
  public static let longestBudget = 10_000
  /// Overruns in a row after which a validator is suspended.
  public static let mostOverruns = 3
  /// The most validators.
  public static let mostValidators = 64

  private struct Entry {
    let line: ValidatorLine
    var status: ValidatorStatus
    var overrunsInARow = 0
  }

  private let entries = Mutex<[Entry]>([])
  private let count = Atomic(0)
  private let onIncident: @Sendable (ValidatorIncident) -> Void

  /// A registry of no validators.
  ///
  /// - Parameter onIncident: Told of vetoes, overruns and suspensions, by the committing thread, under no lock; must be quick.
  public init(onIncident: @escaping @Sendable (ValidatorIncident) -> Void = { _ in }) {
    self.onIncident = onIncident
  }

  deinit {
    entries.withLock { entries in
      for entry in entries { entry.line.end() }
    }
  }

  /// Whether nobody is to be asked.
  var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

  /// Adds a validator.
  ///
  /// - Parameter validator: Asked from the next commit on.
  /// - Throws: `.invalid` for its budget, `.exists` for its name, `.quota` when there are too many.
  public func add(_ validator: any WriteValidator) throws(MetadataError) {
    guard (1...Self.longestBudget).contains(validator.budget) else {
      throw .invalid(
        "validator \"\(validator.name)\" has a budget of \(validator.budget) ms; give "
          + "1…\(Self.longestBudget)")
    }
    let status = ValidatorStatus(
      name: validator.name, pattern: validator.pattern.description, priority: validator.priority,
      budget: validator.budget)
    try entries.withLock { entries throws(MetadataError) in
      guard !entries.contains(where: { $0.status.name == validator.name }) else {
        throw .invalid("a validator named \"\(validator.name)\" exists; take another name")
      }
      guard entries.count < Self.mostValidators else {
        throw .quota("there are \(entries.count) validators; remove one first")
      }
      let place = entries.firstIndex { $0.status.priority < validator.priority } ?? entries.count
      entries.insert(Entry(line: ValidatorLine(validator), status: status), at: place)
      count.store(entries.count, ordering: .relaxed)
    }
  }

  /// Removes a validator; a review that goes on is not waited for.
  ///
  /// - Returns: Whether it was there.
  @discardableResult
  public func remove(_ name: String) -> Bool {
    entries.withLock { entries in
      guard let place = entries.firstIndex(where: { $0.status.name == name }) else { return false }
      entries.remove(at: place).line.end()
      count.store(entries.count, ordering: .relaxed)
      return true
    }
  }

  /// Has a suspended validator asked again.
  ///
  /// - Returns: Whether there is such a validator.
  @discardableResult
  public func resume(_ name: String) -> Bool {
    change(name) { entry in
      entry.status.isSuspended = false
      entry.overrunsInARow = 0
    }
  }

  /// The validators in the order in which they are asked.
  public var all: [ValidatorStatus] { entries.withLock { $0.map(\.status) } }

  /// Has the writes of one transaction judged by everybody concerned.
  ///
  /// - Parameters:
  ///   - writes: All of the transaction's, in order.
  ///   - snapshot: The store as readers see it.
  ///   - check: Checks an amended value as the value that was asked for was, and may give it defaults.
  /// - Returns: The values that were amended, by their places among the writes.
  /// - Throws: `.vetoed`, naming the validator, or `.invalid` when what it amended does not fit.
  func review(
    _ writes: [ProposedWrite], snapshot: MetadataSnapshot,
    check: (_ place: Int, MetadataValue) throws(MetadataError) -> MetadataValue
  ) throws(MetadataError) -> [Int: MetadataValue] {
    var writes = writes
    var amended: [Int: MetadataValue] = [:]
    for (line, isSuspended) in entries.withLock({ $0.map { ($0.line, $0.status.isSuspended) } }) {
      let validator = line.validator
      let places = writes.indices.filter { validator.pattern.matches(writes[$0].collection) }
      guard let first = places.first else { continue }
      if isSuspended {
        try skip(validator)
        continue
      }
      let verdict = try ask(line, places.map { writes[$0] }, snapshot)
      switch verdict {
      case .accept: continue
      case .veto(let reason): throw veto(validator, writes[first], reason)
      case .amend(let values):
        change(validator.name) { $0.status.amendments += 1 }
        for (place, value) in values.sorted(by: { $0.key < $1.key }) {
          let checked = try take(
            value, from: validator, at: place, of: places.map { writes[$0] }
          ) { value throws(MetadataError) in try check(places[place], value) }
          let write = writes[places[place]]
          writes[places[place]] = ProposedWrite(
            collection: write.collection, key: write.key, old: write.old, new: checked)
          amended[places[place]] = checked
        }
      }
    }
    return amended
  }

  // MARK: One validator

  private func ask(
    _ line: ValidatorLine, _ writes: [ProposedWrite], _ snapshot: MetadataSnapshot
  ) throws(MetadataError) -> WriteVerdict {
    let name = line.validator.name
    change(name) { $0.status.reviews += 1 }
    switch line.review(writes, snapshot) {
    case .verdict(let verdict):
      change(name) { $0.overrunsInARow = 0 }
      return verdict
    case .removed: return .accept
    case .noThread(let error):
      throw .vetoed("validator \"\(name)\" could not be asked: \(error.description)")
    case .overrun:
      onIncident(.overran(validator: name, collection: writes[0].collection, key: writes[0].key))
      if overran(name) { onIncident(.suspended(validator: name)) }
      throw .vetoed(
        "validator \"\(name)\" did not judge \(Self.words(writes[0])) within its budget of "
          + "\(line.validator.budget) ms, so nothing was written; try again, or remove the validator"
      )
    }
  }

  /// Counts an overrun.
  ///
  /// - Returns: Whether it suspended the validator.
  private func overran(_ name: String) -> Bool {
    var isSuspended = false
    change(name) { entry in
      entry.status.overruns += 1
      entry.overrunsInARow += 1
      entry.status.isSuspended = entry.overrunsInARow >= Self.mostOverruns
      isSuspended = entry.status.isSuspended
    }
    return isSuspended
  }

  private func skip(_ validator: any WriteValidator) throws(MetadataError) {
    change(validator.name) { $0.status.skipped += 1 }
    guard validator.isRequired else { return }
    throw .vetoed(
      "validator \"\(validator.name)\" is suspended after \(Self.mostOverruns) overruns, and nothing "
        + "may pass it unseen; resume or remove it")
  }

  private func veto(
    _ validator: any WriteValidator, _ write: ProposedWrite, _ reason: String
  ) -> MetadataError {
    change(validator.name) { $0.status.vetoes += 1 }
    onIncident(
      .vetoed(
        validator: validator.name, collection: write.collection, key: write.key, reason: reason))
    return .vetoed(
      "validator \"\(validator.name)\" refused to let \(Self.words(write)) be written: \(reason)")
  }

  /// Takes an amended value, checked.
  private func take(
    _ value: MetadataValue, from validator: any WriteValidator, at place: Int,
    of writes: [ProposedWrite], _ check: (MetadataValue) throws(MetadataError) -> MetadataValue
  ) throws(MetadataError) -> MetadataValue {
    guard writes.indices.contains(place), writes[place].new != nil else {
      throw .vetoed(
        "validator \"\(validator.name)\" amended write \(place) of \(writes.count), which is no put; "
          + "mend or remove the validator")
    }
    do throws(MetadataError) {
      return try check(value)
    } catch {
      throw .vetoed(
        "validator \"\(validator.name)\" amended \(Self.words(writes[place])) so that it cannot be "
          + "written: \(error.description)")
    }
  }

  @discardableResult
  private func change(_ name: String, _ body: (inout Entry) -> Void) -> Bool {
    entries.withLock { entries in
      guard let place = entries.firstIndex(where: { $0.status.name == name }) else { return false }
      body(&entries[place])
      return true
    }
  }

  private static func words(_ write: ProposedWrite) -> String { "\(write.collection)/\(write.key)" }
}
