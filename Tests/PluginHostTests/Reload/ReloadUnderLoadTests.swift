import HostSupport
import Testing

@testable import PluginHost

/// Each test is a process of its own: a host owns the signal handlers.
@Suite struct ReloadUnderLoadTests {
  @Test("Reloads under load, every second one failing, lose no event and deliver none twice")
  func losesNothing() async {
    await #expect(processExitsWith: .success) {
      let plugins = try CountingPlugins(probationSeconds: 0)
      let phases = ["INIT", "RESTORE", "POST_INIT"]
      for number in 0..<10 {
        let phase = number % 2 == 1 ? phases[number / 2 % 3] : nil
        try plugins.install(version: number + 2, failsIn: phase)
        if phase == nil {
          try plugins.reload()
        } else {
          #expect(throws: OperationError.self) { try plugins.reload() }
        }
        try plugins.letFlow(20)
      }
      let outcome = try plugins.settle()
      #expect(outcome.lost == 0)
      #expect(outcome.duplicated == 0)
      #expect(outcome.published > 200)
    }
  }

  @Test("A rollback from probation leaves no event out of the old generation's state")
  func rollbackMissesNothing() async {
    await #expect(processExitsWith: .success) {
      let plugins = try CountingPlugins(probationSeconds: 600)
      for number in 0..<5 {
        try plugins.install(version: number + 2)
        try plugins.reload()
        try plugins.letFlow(20)
        _ = try plugins.host.rollback("counted", deadline: .after(milliseconds: 30_000))
        try plugins.letFlow(20)
      }
      let outcome = try plugins.settle()
      #expect(outcome.lost == 0)
      #expect(outcome.duplicated == 0)
    }
  }

  @Test("A C plugin that was reloaded leaves no generation, file or journal entry behind")
  func leavesNothing() async {
    await #expect(processExitsWith: .success) {
      let plugins = try CountingPlugins(probationSeconds: 0)
      for number in 0..<4 {
        try plugins.install(version: number + 2)
        try plugins.reload()
      }
      #expect(try plugins.host.state.staging.names().filter { $0.hasPrefix("counted") }.count == 1)
      #expect(try plugins.host.hostReport().retiredImages == 0)
    }
  }
}
