import Glibc
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
    var validator: any WriteValidator
    /// Whether `install` may take it away.
    let isInstalled: Bool
    var status: ValidatorStatus
    var overrunsInARow = 0

    /// The same place with another validator.
    func replaced(by validator: any WriteValidator) -> Entry {
      guard validator !== self.validator else { return self }
      var next = Entry(
        line: line, validator: validator, isInstalled: isInstalled,
        status: ValidatorStatus(validator))
      next.status.takeFigures(of: status)
      return next
    }
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

  /// Whether the calling thread judges writes now: a write of its own would wait for itself.
  var isJudging: Bool {
    guard !isEmpty else { return false }
    let thread = pthread_self()
    return entries.withLock { entries in entries.contains { $0.line.runs(on: thread) } }
  }

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
    try entries.withLock { entries throws(MetadataError) in
      guard !entries.contains(where: { $0.status.name == validator.name }) else {
        throw .invalid("a validator named \"\(validator.name)\" exists; take another name")
      }
      guard entries.count < Self.mostValidators else {
        throw .quota("there are \(entries.count) validators; remove one first")
      }
      Self.insert(
        Entry(
          line: ValidatorLine(), validator: validator, isInstalled: false,
          status: ValidatorStatus(validator)), into: &entries)
      count.store(entries.count, ordering: .relaxed)
    }
  }

  private static func insert(_ entry: Entry, into entries: inout [Entry]) {
    let place =
      entries.firstIndex { $0.status.priority < entry.status.priority } ?? entries.count
    entries.insert(entry, at: place)
  }

  /// Makes these the validators that are installed, in place of those that were. One that comes in another's place by its name
  /// keeps its figures, and is asked again if the other was suspended.
  ///
  /// - Parameter validators: In the order of their registration, with names and budgets that `add` would take.
  public func install(_ validators: [any WriteValidator]) {
    entries.withLock { entries in
      var former = entries.filter(\.isInstalled)
      entries.removeAll(where: \.isInstalled)
      for validator in validators {
        let before = former.firstIndex { $0.status.name == validator.name }
        let entry = before.map { former.remove(at: $0).replaced(by: validator) }
        Self.insert(
          entry
            ?? Entry(
              line: ValidatorLine(), validator: validator, isInstalled: true,
              status: ValidatorStatus(validator)), into: &entries)
      }
      for entry in former { entry.line.end() }
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
    for entry in entries.withLock({ $0 }) {
      let validator = entry.validator
      let places = writes.indices.filter { validator.pattern.matches(writes[$0].collection) }
      guard let first = places.first else { continue }
      if entry.status.isSuspended {
        try skip(validator)
        continue
      }
      let verdict = try ask(entry, places.map { writes[$0] }, snapshot)
      switch verdict {
      case .accept: continue
      case .veto(let reason): throw veto(validator, writes[first], reason)
      case .unable(let error): throw failed(validator, writes[first], error)
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
    _ entry: Entry, _ writes: [ProposedWrite], _ snapshot: MetadataSnapshot
  ) throws(MetadataError) -> WriteVerdict {
    let name = entry.validator.name
    change(name) { $0.status.reviews += 1 }
    switch entry.line.review(writes, by: entry.validator, snapshot) {
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
          + "\(entry.validator.budget) ms, so nothing was written; try again, or remove the validator"
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
    onIncident(.skipped(validator: validator.name))
    guard validator.isRequired else { return }
    throw .vetoed(
      "validator \"\(validator.name)\" is suspended after \(Self.mostOverruns) overruns, and nothing "
        + "may pass it unseen; reload its plugin, or resume or remove it")
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

  private func failed(
    _ validator: any WriteValidator, _ write: ProposedWrite, _ error: MetadataError
  ) -> MetadataError {
    change(validator.name) { $0.status.failures += 1 }
    onIncident(
      .failed(validator: validator.name, collection: write.collection, key: write.key))
    return error
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
