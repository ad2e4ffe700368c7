import BenchmarkKit
import HostSupport
import PluginHost

/// `rollback-missing`: events missing from the old generation's state after 50 rollbacks from probation.
struct RollbackRun {
  var rollbacks = 50

  func measure() throws -> [Figure] {
    let subject = try HostUnderTest(Traffic.plugins) { $0.probation.seconds = 3600 }
    defer { subject.end() }
    let traffic = Traffic(subject: subject)
    try traffic.start()
    for _ in 0..<rollbacks {
      try subject.reload("counted", with: "counted-2")
      Pause.milliseconds(20)
      _ = try subject.host.rollback("counted", deadline: .after(milliseconds: 60_000))
      Pause.milliseconds(5)
    }
    let outcome = try traffic.stop()
    let note =
      "\(outcome.published) events, \(outcome.redelivered) redelivered, "
      + "\(outcome.duplicated) duplicated, \(outcome.refused) refused"
    Note.write("rollback-missing", note)
    return [
      Figure(
        name: "rollback-missing", unit: "", samples: [Double(outcome.lost)],
        goal: .value(must: 0, aim: 0))
    ]
  }
}
