import BenchmarkKit
import PluginHost
import HostSupport

/// `reload-c-growth`: resident growth after 10,000 reloads of a plugin that is unmapped truly.
struct GrowthRun {
  let fixture: String
  let figure: String
  var reloads = 10_000
  var warmUp = 100

  func measure() throws -> [Figure] {
    // What the disk takes for each commit says nothing of memory.
    let subject = try HostUnderTest([fixture: "\(fixture)-1"]) { $0.journalFsync = false }
    defer { subject.end() }
    for number in 0..<warmUp { try reload(subject, number) }
    let before = try subject.host.hostReport().residentBytes
    let began = Deadline.now()
    for number in 0..<reloads {
      try reload(subject, number)
      if number % 2000 == 1999, Environment.all["DOVETAIL_BENCH_LOG"] != nil {
        print(number + 1, (try subject.host.hostReport().residentBytes - before) >> 10, "KB")
      }
    }
    let seconds = Double(Deadline.now() - began) / 1e9
    let report = try subject.host.hostReport()
    let grown = Double(report.residentBytes - before) / 1024
    let note =
      "\(reloads) reloads in \(seconds) s, \(report.retiredImages) retired, from \(before >> 10) KB"
    Note.write(figure, note)
    return [
      Figure(name: figure, unit: "KB", samples: [grown], goal: .value(must: 2048, aim: 256))
    ]
  }

  private func reload(_ subject: HostUnderTest, _ number: Int) throws {
    try subject.reload(fixture, with: "\(fixture)-\(number % 2 == 0 ? 2 : 1)")
  }
}
