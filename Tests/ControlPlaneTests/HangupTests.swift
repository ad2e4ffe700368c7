import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite("A hangup") struct HangupTests {
  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test("leaves the log level that a flag chose, and tells what waits for the next start")
  func logLevel() throws {
    let directory = TemporaryDirectory()
    let file = directory.file("own.json")
    try write("{log: {level: \"info\"}}", file)
    let host = try RunningHost(flags: ["--config", file, "--log-level", "warning"])
    try host.start()
    try write("{log: {level: \"info\"}, crash: \"off\"}", file)
    kill(host.pid, SIGHUP)
    let isTold = Condition.holds(milliseconds: 10_000) {
      host.log.contains("crash changed: takes effect at the next start")
    }
    #expect(isTold, "\(host.log)")
    #expect(host.stop() == .exited(0))
    #expect(!host.log.contains("\"level\":\"info\""), "\(host.log)")
  }

  @Test("is told once")
  func once() throws {
    let host = try RunningHost()
    try host.start()
    kill(host.pid, SIGHUP)
    let isTold = Condition.holds(milliseconds: 10_000) { host.log.contains("read anew") }
    #expect(isTold, "\(host.log)")
    #expect(host.stop() == .exited(0))
    #expect(host.log.split(separator: "\n").count { $0.contains("read anew") } == 1)
  }
}
