import HostSupport
import TestSupport

/// Healthy plugins under load, in the host's process and in workers, beside one that misbehaves at random.
struct Soak {
  let seconds: Int

  private static let topics = #"{"publish": ["soak.>"]}"#

  /// Does it until its time is over.
  func run() throws -> Outcome {
    let host = try prepare()
    try host.host.start()
    let client = try host.connect()
    var problems: [String] = []
    var (slowest, early) = (0, host.figures)
    let began = Deadline.now()
    let deadline = Deadline.after(milliseconds: seconds * 1_000)
    var isMeasured = false
    while !deadline.hasPassed, problems.isEmpty {
      if !isMeasured, Deadline.now() - began > UInt64(seconds) * 250_000_000 {
        early = host.figures
        isMeasured = true
      }
      guard let waited = try host.witness(client) else {
        problems.append("the witness does not answer: \(host.lastWords)")
        break
      }
      slowest = max(slowest, waited)
      try host.keepGoing("wrecker", client)
      Condition.rest(milliseconds: 20)
    }
    let late = host.figures
    let events = try settle(host, client, &problems)
    problems += host.growth(from: early, to: late)
    let ends =
      Int(try client.ask("plugins.info", #"{"id": "wrecker"}"#)["result"]?["generation"]?.int ?? 0)
    // Each end costs a quarter of a second at most, and one comes in less than two.
    if ends < seconds / 4 { problems.append("the wrecker had \(ends) generations only") }
    host.end(&problems)
    return Outcome(
      summary: "soak of \(seconds) s: \(events) events, \(ends) generations of the wrecker, "
        + "slowest answer of the witness \(slowest) ms, \(early) then \(late)",
      problems: problems)
  }

  private func prepare() throws -> Rig {
    let host = try Rig(
      configuration: """
        {"isolation": {"isolated": ["pump-out", "ledger-out", "wrecker"], "callDeadline": 1000,
          "restarts": 1000, "restartSeconds": 1, "restartDelay": 1, "limits": {"memory": 134217728}},
         "lifecycleDeadline": 4000, "drainDeadline": 2000, "log": {"level": "error"}}
        """)
    for place in ["in", "out"] {
      try host.add("ledger-\(place)", [Rig.fixture("soaker.c")])
      try host.add(
        "pump-\(place)", [Rig.fixture("soaker.c"), "-DPUMP"], permissions: Self.topics)
    }
    try host.add("wrecker", [Rig.fixture("wrecker.c")])
    return host
  }

  /// Ends the pumps and waits until all that they published was taken, once and in order, by both ledgers.
  ///
  /// - Returns: How many events that were.
  private func settle(
    _ rig: Rig, _ client: SocketClient, _ problems: inout [String]
  ) throws -> Int {
    var published: [Int] = []
    for pump in ["pump-in", "pump-out"] {
      published.append(Int(try rig.call("\(pump).stop", client) ?? "") ?? -1)
    }
    let expected = published.map { "\($0) 0" }.joined(separator: " ")
    for ledger in ["ledger-in", "ledger-out"] {
      var last = ""
      let allCame = try Condition.holds(milliseconds: 30_000) {
        last = try rig.call("\(ledger).count", client) ?? "nothing"
        return last == expected
      }
      if !allCame {
        problems.append("\(ledger) took \(last) (numbers, not the next), expected \(expected)")
      }
    }
    for id in ["pump-in", "pump-out", "ledger-in", "ledger-out", "witness"] {
      let info = try client.ask("plugins.info", #"{"id": "\#(id)"}"#)["result"]
      let state = "\(info?["state"]?.string ?? "?") \(info?["generation"]?.int ?? 0)"
      if state != "active 1" { problems.append("\(id) is \(state), not active 1") }
    }
    if published.contains(where: { $0 <= 0 }) { problems.append("published \(published)") }
    return published.reduce(0, +)
  }
}
