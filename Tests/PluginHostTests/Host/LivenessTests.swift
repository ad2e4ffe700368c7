import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("tells whether its control thread makes progress", .serialized)
  struct LivenessTests {
    private func fixture() throws -> HostFixture {
      try HostFixture([ProbePlugin("hello")]) { configuration in
        configuration.lifecycleDeadline = 1
        configuration.drainDeadline = 1
        configuration.gateDeadline = 1
        configuration.supervision.hangSeconds = 1
      }
    }

    @Test("and names how long it has been at one step")
    func stuck() throws {
      let fixture = try fixture()
      let (gate, host) = (Monitor(false), fixture.host)
      #expect(host.liveness == .alive)
      host.control.submit { _ = gate.wait(until: .never) { $0 ? true : nil } }
      let stuck = Condition.wait { host.liveness == .alive ? nil : host.liveness }
      #expect(
        stuck
          == .stuck(
            reason:
              "the control thread has been at one step for 1 s, longer than every deadline allows")
      )
      gate.update { $0 = true }
      #expect(Condition.holds { host.liveness == .alive })
    }

    @Test("a step of an operation is progress")
    func steps() throws {
      let fixture = try fixture()
      let (gate, host) = (Monitor(false), fixture.host)
      host.control.submit { [pulse = host.core.pulse] in
        while gate.wait(until: .after(milliseconds: 100), { $0 ? true : nil }) == nil {
          pulse.beat()
        }
      }
      let became = Condition.wait(milliseconds: 1_500) { host.liveness == .alive ? nil : true }
      #expect(became == nil)
      gate.update { $0 = true }
    }
  }
}
