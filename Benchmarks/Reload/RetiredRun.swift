import BenchmarkKit
import PluginHost

/// `retired-swift`: resident growth per retired generation of a Swift plugin.
struct RetiredRun {
  var reloads = 500
  var warmUp = 20

  func measure() throws -> [Figure] {
    let subject = try HostUnderTest(["small": "small-1"]) { $0.journalFsync = false }
    defer { subject.end() }
    for number in 0..<warmUp { try reload(subject, number) }
    let before = try subject.host.hostReport().residentBytes
    for number in 0..<reloads { try reload(subject, number) }
    let report = try subject.host.hostReport()
    let grown = Double(report.residentBytes - before) / 1024 / Double(reloads)
    guard report.retiredImages >= reloads else {
      throw BenchmarkError("only \(report.retiredImages) images were retired")
    }
    return [
      Figure(name: "retired-swift", unit: "KB", samples: [grown], goal: .value(must: 60, aim: 35))
    ]
  }

  private func reload(_ subject: HostUnderTest, _ number: Int) throws {
    try subject.reload("small", with: "small-\(number % 2 == 0 ? 2 : 1)")
  }
}
