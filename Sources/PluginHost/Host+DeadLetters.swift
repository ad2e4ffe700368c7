import EventBus
import HostSupport

/// What operators ask about events that could not be delivered.
extension Host {
  /// The latest dead letters that are chosen, oldest first.
  public func deadLetters(
    _ choice: DeadLetterChoice, limit: Int
  ) throws(OperationError) -> DeadLettersReport {
    let store = core.bus.deadLetters
    let isChosen = try predicate(of: choice)
    let held = store.all
    let chosen = held.filter(isChosen)
    return DeadLettersReport(
      held: held.count, bytes: store.bytes, displaced: store.displaced, chosen: chosen.count,
      letters: chosen.suffix(max(0, limit)).map(DeadLetterReport.init))
  }

  /// One dead letter with its event.
  public func deadLetter(_ id: UInt64) throws(OperationError) -> DeadLetterReport {
    let found = unsafe core.bus.deadLetters.withEvent(id) { letter, event in
      var report = DeadLetterReport(letter)
      report.event = unsafe EventReading.report(event)
      return report
    }
    guard let found else { throw notHeld([id]) }
    return found
  }

  /// Delivers dead letters once more, each to the subscription that failed.
  public func replayDeadLetters(_ choice: DeadLetterChoice) throws(OperationError) -> ReplayReport {
    let isChosen = try predicate(of: choice)
    try requireHeld(choice)
    let (replayed, homeless) = core.bus.replayDeadLetters(where: isChosen)
    return ReplayReport(
      replayed: replayed.map(DeadLetterReport.init), homeless: homeless.map(DeadLetterReport.init))
  }

  /// Lets go of dead letters.
  public func dropDeadLetters(_ choice: DeadLetterChoice) throws(OperationError)
    -> [DeadLetterReport]
  {
    let isChosen = try predicate(of: choice)
    try requireHeld(choice)
    return core.bus.deadLetters.drop(where: isChosen).map(DeadLetterReport.init)
  }

  private func predicate(
    of choice: DeadLetterChoice
  ) throws(OperationError) -> (DeadLetter) -> Bool {
    switch choice {
    case .all: return { _ in true }
    case .ids(let ids): return { ids.contains($0.id) }
    case .topic(let text):
      let pattern = try parse(text)
      return { pattern.matches($0.topic) }
    }
  }

  private func requireHeld(_ choice: DeadLetterChoice) throws(OperationError) {
    guard case .ids(let ids) = choice else { return }
    let missing = ids.subtracting(core.bus.deadLetters.all.map(\.id))
    if !missing.isEmpty { throw notHeld(missing.sorted()) }
  }

  private func notHeld(_ ids: [UInt64]) -> OperationError {
    let list = ids.map(String.init).joined(separator: ", ")
    return OperationError(
      .notFound, "there is no dead letter \(list)", advice: "see 'dovetail events dead list'")
  }
}

extension DeadLetterReport {
  /// A letter as an operator sees it, without its event.
  init(_ letter: DeadLetter) {
    let age = Int64(clamping: Deadline.now() &- letter.moment)
    self.init(
      id: letter.id, topic: letter.topic, plugin: letter.plugin,
      subscription: letter.subscription, cause: letter.cause.rawValue, attempts: letter.attempts,
      error: letter.error, time: LogTime.rfc3339(LogTime.now() - age))
  }
}
