import HostSupport
import PluginHost

extension FakeHost {
  static let crash: CrashReport = {
    let build = PluginBuild(id: "crasher", version: "1.2.0", hash: .zero, generation: 3)
    var report = CrashReport(
      of: build, .contained, cause: "SIGSEGV at 0x8 in handler 'poke'",
      at: 1_767_225_600_000_000_000)
    report.id = 7
    report.policy = "contain-all"
    report.place = "handler 'poke'"
    report.phase = "running"
    report.topic = "zoo.poke"
    report.sequence = 12
    report.signal = "SIGSEGV"
    report.signalCode = 1
    report.address = "0x8"
    report.thread = 4711
    report.threadName = "dvt-worker"
    var frame = CrashReport.Frame(address: 0x7f00_0000_1234)
    frame.image = "/state/staging/1/crasher.so"
    frame.offset = "0x1234"
    frame.symbol = "on_poke"
    frame.symbolOffset = 4
    report.backtrace = [frame, CrashReport.Frame(address: 0x1000)]
    report.instruction = frame
    return report
  }()

  func crashes(limit: Int) throws(OperationError) -> [CrashReport] { [Self.crash] }

  func crash(_ id: Int) throws(OperationError) -> CrashReport {
    guard id == Self.crash.id else {
      throw OperationError(.notFound, "there is no crash report \(id)")
    }
    return Self.crash
  }
}
