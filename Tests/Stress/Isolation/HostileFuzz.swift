import FoundationEssentials
import Glibc
import HostSupport
import TestSupport

/// A worker that means harm, started again and again with a deed at random, under load.
struct HostileFuzz {
  let seed: Int
  let seconds: Int

  /// A witness that has to wait for longer than this was stalled.
  private static let longestWait = 3_000

  /// Does it until its time is over.
  func run() throws -> Outcome {
    let work = TemporaryDirectory()
    let worker = work.file("worker")
    let rounds = work.file("rounds")
    let program = "\(Program.buildFolder)/hostile-worker"
    let script = "#!/bin/sh\nexec '\(program)' '\(rounds)' \(seed) \"$1\"\n"
    try Data(script.utf8).write(to: URL(filePath: worker))
    guard unsafe chmod(worker, 0o755) == 0 else { throw SystemError("chmod", worker) }
    let fuzz = try Rig(
      configuration: """
        {"isolation": {"isolated": ["bad"], "worker": "\(worker)", "callDeadline": 200,
          "restarts": 1000, "restartSeconds": 1, "restartDelay": 1},
         "lifecycleDeadline": 2000, "drainDeadline": 500, "log": {"level": "error"}}
        """)
    try fuzz.add(
      "bad", ["\(Program.repositoryRoot)/Tests/ZooTests/Fixtures/creature.c"],
      permissions: #"""
        {"publish": ["zoo.>", "bad.>"], "services": ["witness.>", "bad.>"], "intercept": ["bad.>"]}
        """#)
    try fuzz.host.start()
    var outcome = Outcome(summary: "")
    var (slowest, early, isMeasured, calls) = (0, fuzz.figures, false, 0)
    let began = Deadline.now()
    let deadline = Deadline.after(milliseconds: seconds * 1_000)
    let witness = try fuzz.connect()
    while !deadline.hasPassed, fuzz.host.isRunning, outcome.problems.isEmpty {
      try load(fuzz)
      calls += 1
      guard let waited = try fuzz.witness(witness) else {
        outcome.problems.append("the witness does not answer: \(fuzz.lastWords)")
        break
      }
      slowest = max(slowest, waited)
      if waited > Self.longestWait {
        outcome.problems.append("the witness answered after \(waited) ms")
      }
      if calls % 50 == 0 { try fuzz.keepGoing("bad", witness) }
      // What is held for ever is held after the first quarter.
      if !isMeasured, Deadline.now() - began > UInt64(seconds) * 250_000_000 {
        early = fuzz.figures
        isMeasured = true
      }
      Condition.rest(milliseconds: 5)
    }
    let count = try self.rounds(in: rounds)
    // Clients whose calls still wait for a worker hold a thread and a connection each.
    _ = Condition.holds { fuzz.growth(from: early, to: fuzz.figures).isEmpty }
    let late = fuzz.figures
    if fuzz.host.isRunning { outcome.problems += fuzz.growth(from: early, to: late) }
    fuzz.end(&outcome.problems)
    if count == 0 { outcome.problems.append("no worker was started: \(fuzz.lastWords)") }
    return Outcome(
      summary: "hostile worker: \(count) rounds, slowest answer of the witness \(slowest) ms, "
        + "\(early) then \(late)",
      problems: outcome.problems)
  }

  /// Publishes and calls, and waits for none of it: what the worker does not answer must stop nobody else.
  private func load(_ fuzz: Rig) throws {
    let client = try fuzz.connect()
    var text = ""
    for (method, given) in [
      ("events.publish", #"{"type": "zoo.poke"}"#),
      ("services.call", #"{"service": "bad.poke", "timeoutMs": 100}"#),
      ("events.publish", #"{"type": "zoo.poke"}"#), ("host.metrics", "{}"),
    ] {
      text += #"{"jsonrpc": "2.0", "id": 1, "method": "\#(method)", "params": \#(given)}"# + "\n"
    }
    client.send(Array(text.utf8))
  }

  private func rounds(in path: String) throws -> Int {
    let bytes = try FileDescriptor.open(path, O_RDONLY).read(8, at: 0)
    return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
