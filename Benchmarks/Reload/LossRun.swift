import BenchmarkKit

/// `reload-lost` and `reload-duplicated`: 200 reloads under load, every second one failing in init, restore or post_init.
struct LossRun {
  var reloads = 200

  func measure() throws -> [Figure] {
    let subject = try HostUnderTest(Traffic.plugins)
    defer { subject.end() }
    let traffic = Traffic(subject: subject)
    try traffic.start()
    var committed = 0
    for number in 0..<reloads {
      if try subject.reload("counted", with: build(number)) != nil { committed += 1 }
      Pause.milliseconds(5)
    }
    let outcome = try traffic.stop()
    let note =
      "\(outcome.published) events, \(committed) commits, \(reloads - committed) failures, "
      + "\(outcome.refused) refused"
    guard committed == (reloads + 1) / 2 else { throw BenchmarkError("unexpected: \(note)") }
    Note.write("reload-lost", note)
    let none = Goal.value(must: 0, aim: 0)
    return [
      Figure(name: "reload-lost", unit: "", samples: [Double(outcome.lost)], goal: none),
      Figure(
        name: "reload-duplicated", unit: "", samples: [Double(outcome.duplicated)], goal: none),
    ]
  }

  /// Good builds in turn, beginning with the one that does not run.
  private func build(_ number: Int) -> String {
    guard number % 2 == 1 else { return "counted-\(number / 2 % 2 == 0 ? 2 : 1)" }
    return "counted-fails-\(["INIT", "RESTORE", "POST_INIT"][number / 2 % 3])"
  }
}
