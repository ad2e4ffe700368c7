import BenchmarkKit
import PluginHost

/// `reload-pause-p99`: over 200 reloads, p99 of the longest publish-to-handler wait of any event.
struct PauseRun {
  var reloads = 200

  func measure() throws -> [Figure] {
    let subject = try HostUnderTest(Traffic.plugins)
    defer { subject.end() }
    let traffic = Traffic(subject: subject)
    try traffic.start()
    Pause.milliseconds(200)
    var waits: [Double] = []
    var quiet: [Double] = []
    var gates: [Double] = []
    for number in 0..<reloads {
      _ = try traffic.lanes()
      Pause.milliseconds(10)
      quiet.append(try traffic.longestWait())
      let report = try subject.reload("counted", with: "counted-\(number % 2 == 0 ? 2 : 1)")
      gates.append(report?.changes.first?.pauseMilliseconds ?? 0)
      Pause.milliseconds(10)
      waits.append(try traffic.longestWait())
    }
    let outcome = try traffic.stop()
    Note.write(
      "reload-pause-p99",
      "median \(Statistics.median(waits)), max \(waits.max() ?? 0); gates closed: median "
        + "\(Statistics.median(gates)), p99 \(Statistics.percentile(0.99, of: gates)); without a reload: "
        + "median \(Statistics.median(quiet)), p99 \(Statistics.percentile(0.99, of: quiet)); "
        + "lost \(outcome.lost), duplicated \(outcome.duplicated)")
    return [
      Figure(
        name: "reload-pause-p99", unit: "ms", samples: [Statistics.percentile(0.99, of: waits)],
        limit: [Statistics.percentile(0.99, of: quiet)], limitName: "no reload",
        goal: .value(must: 50, aim: 5))
    ]
  }
}
