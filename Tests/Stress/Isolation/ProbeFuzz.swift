import HostSupport
import TestSupport

/// A plugin that calls every function of every interface with arguments at random, in the host's process or in a worker.
struct ProbeFuzz {
  let seed: Int
  let seconds: Int
  let isIsolated: Bool

  /// Does it until its time is over.
  func run() throws -> Outcome {
    let fuzz = try Rig(
      configuration: """
        {"isolation": {"isolated": [\(isIsolated ? "\"prober\"" : "")], "callDeadline": 20000},
         "lifecycleDeadline": 26000, "drainDeadline": 500, "log": {"level": "error"}}
        """)
    let root = Program.repositoryRoot
    try fuzz.add(
      "prober",
      [
        Rig.fixture("prober.c"),
        "\(root)/Tests/Helpers/CSpecimen/specimen.c",
        "\(root)/Sources/CIsolation/iso_types.c", "\(root)/Sources/CIsolation/iso_ops.c",
      ],
      permissions: #"""
        {"publish": ["zoo.>", "bad.>"], "services": ["witness.>", "bad.>", "prober.>"],
         "metadata": ["bad", "bad.>", "zoo.>"], "intercept": ["bad.>"]}
        """#)
    try fuzz.host.start()
    var (probes, fine, slowest) = (0, 0, 0)
    var problems: [String] = []
    let client = try fuzz.connect()
    let deadline = Deadline.after(milliseconds: seconds * 1_000)
    while !deadline.hasPassed, problems.isEmpty {
      let probe = seed * 1_000_000 + probes
      let answer = try client.ask(
        "services.call", #"{"service": "prober.probe", "data": "\#(probe) 200", "timeoutMs": 9000}"#
      )
      guard let data = answer["result"]?["data"]?.string, let count = Int(data) else {
        problems.append("probe \(probe) was answered with \(answer): \(fuzz.lastWords)")
        break
      }
      fine += count
      probes += 1
      guard let waited = try fuzz.witness(client) else {
        problems.append("the witness does not answer: \(fuzz.lastWords)")
        break
      }
      slowest = max(slowest, waited)
    }
    fuzz.end(&problems)
    return Outcome(
      summary: "random calls \(isIsolated ? "isolated" : "in-process"): \(200 * probes) calls, "
        + "\(fine) of them fine, slowest answer of the witness \(slowest) ms",
      problems: problems)
  }
}
