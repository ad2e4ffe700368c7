import ControlPlane
import HostSupport
import PluginHost

extension FakeHost {
  private static let letters = [
    DeadLetterReport(
      id: 3, topic: "demo.one", plugin: "hello", subscription: "demo.*#1", cause: "failed",
      attempts: 2, error: "no room", time: "2026-01-01T00:00:00.000Z"),
    DeadLetterReport(
      id: 7, topic: "demo.two", plugin: "gone", subscription: "all", cause: "unsubscribed",
      attempts: 0, error: "", time: "2026-01-01T00:00:01.000Z"),
  ]

  private func chosen(_ choice: DeadLetterChoice) throws(OperationError) -> [DeadLetterReport] {
    switch choice {
    case .all: return FakeHost.letters
    case .topic(let topic): return FakeHost.letters.filter { $0.topic == topic }
    case .ids(let ids):
      let found = FakeHost.letters.filter { ids.contains($0.id) }
      guard found.count == ids.count else {
        throw OperationError(.notFound, "there is no dead letter 9")
      }
      return found
    }
  }

  func deadLetters(
    _ choice: DeadLetterChoice, limit: Int
  ) throws(OperationError) -> DeadLettersReport {
    let letters = try chosen(choice)
    return DeadLettersReport(
      held: 2, bytes: 2048, displaced: 5, chosen: letters.count, letters: letters.suffix(limit))
  }

  func deadLetter(_ id: UInt64) throws(OperationError) -> DeadLetterReport {
    var letter = try chosen(.ids([id]))[0]
    letter.event = try recentEvents(pattern: ">", limit: 1)[0]
    return letter
  }

  func replayDeadLetters(_ choice: DeadLetterChoice) throws(OperationError) -> ReplayReport {
    let letters = try chosen(choice)
    return ReplayReport(
      replayed: letters.filter { $0.id == 3 }, homeless: letters.filter { $0.id != 3 })
  }

  func dropDeadLetters(
    _ choice: DeadLetterChoice
  ) throws(OperationError) -> [DeadLetterReport] { try chosen(choice) }
}
