/// Two publishers, and what the counted plugin says of their events.
struct Traffic {
  /// What one lane of the counted plugin holds.
  struct Lane {
    var last: UInt64
    var received: UInt64
    var lost: UInt64
    var duplicated: UInt64
    var redelivered: UInt64
    /// Nanoseconds, since the last report.
    var longestWait: UInt64
  }

  static let plugins = [
    "source-0": "source-0", "source-1": "source-1", "counted": "counted-1",
  ]

  let subject: HostUnderTest

  func start() throws {
    for lane in 0..<2 { try subject.call("source-\(lane).start") }
  }

  /// Four lanes: sync of publisher 0 and 1, async of publisher 0 and 1.
  func lanes() throws -> [Lane] {
    let words = try subject.call("counted.report")
    guard words.count == 24 else { throw BenchmarkError("counted.report has \(words.count) words") }
    return stride(from: 0, to: 24, by: 6).map {
      Lane(
        last: words[$0], received: words[$0 + 1], lost: words[$0 + 2], duplicated: words[$0 + 3],
        redelivered: words[$0 + 4], longestWait: words[$0 + 5])
    }
  }

  /// The longest publish-to-handler wait since the last report, in milliseconds.
  func longestWait() throws -> Double {
    Double(try lanes().map(\.longestWait).max() ?? 0) / 1e6
  }

  /// What came of all events, once the publishers have stopped and the queues are empty.
  struct Outcome {
    var published: UInt64 = 0
    var refused: UInt64 = 0
    var lost: UInt64 = 0
    var duplicated: UInt64 = 0
    var redelivered: UInt64 = 0
  }

  func stop() throws -> Outcome {
    let sent = try (0..<2).map { try subject.call("source-\($0).stop") }
    var outcome = Outcome()
    outcome.published = sent.reduce(0) { $0 + $1[0] }
    outcome.refused = sent.reduce(0) { $0 + $1[1] }
    let lanes = try settled(sent.map { $0[0] })
    for (index, lane) in lanes.enumerated() {
      let published = sent[index % 2][0]
      outcome.lost += lane.lost + (published > lane.last ? published - lane.last : 0)
      outcome.duplicated += lane.duplicated
      outcome.redelivered += lane.redelivered
    }
    return outcome
  }

  /// Waits, at most ten seconds, until the queues are empty.
  private func settled(_ published: [UInt64]) throws -> [Lane] {
    for _ in 0..<1000 {
      let lanes = try lanes()
      if lanes.enumerated().allSatisfy({ $1.last >= published[$0 % 2] }) { return lanes }
      Pause.milliseconds(10)
    }
    return try lanes()
  }
}
