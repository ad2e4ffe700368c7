import FoundationEssentials
import Glibc
import HostSupport
import PluginHost
import TestSupport
import Testing

@testable import ControlPlane

/// Each test is a process of its own, because signals concern all of one.
@Suite struct HostProcessTests {
  @Test(
    "a signal ends the host cleanly with status 0", arguments: [SIGTERM, SIGINT])
  func cleanStop(signal: Int32) async {
    if signal == SIGTERM {
      await #expect(processExitsWith: .exitCode(0)) { endBySignal(SIGTERM) }
    } else {
      await #expect(processExitsWith: .exitCode(0)) { endBySignal(SIGINT) }
    }
  }

  @Test("a client's stop ends the host cleanly")
  func clientStop() async {
    await #expect(processExitsWith: .exitCode(0)) {
      let run = HostRun()
      run.whenReady { _ = try? RawClient(run.socket).ask(stopRequest) }
      run.carry()
    }
  }

  @Test("a hangup reads the configuration anew and goes on")
  func hangup() async {
    await #expect(processExitsWith: .exitCode(0)) {
      let run = HostRun()
      run.whenReady {
        run.hangUp()
        kill(getpid(), SIGTERM)
      }
      run.carry()
    }
  }

  @Test("a second signal ends the process at once, with the signal in its status")
  func secondSignal() async {
    await #expect(processExitsWith: .exitCode(128 + SIGTERM)) {
      let run = HostRun(HostRun.hanging)
      run.whenReady {
        kill(getpid(), SIGTERM)
        _ = run.host.state.wait(until: .after(milliseconds: 10_000)) { $0.isShutDown ? true : nil }
        kill(getpid(), SIGTERM)
      }
      run.carry()
    }
  }

  @Test("plugins that do not end in time are a timeout")
  func lateShutDown() async {
    await #expect(processExitsWith: .exitCode(6)) {
      let run = HostRun(
        FakeHost(shutDownError: OperationError(.timeout, "hello did not end within 30 s")))
      run.whenReady { kill(getpid(), SIGTERM) }
      run.carry()
    }
  }

  @Test("a host that cannot start fails with its own status and leaves no socket")
  func startFails() async {
    await #expect(processExitsWith: .exitCode(5)) {
      let run = HostRun(FakeHost(startError: OperationError(.refused, "noexec")))
      run.carry { if unsafe access(run.socket, F_OK) == 0 { exit(91) } }
    }
  }

  @Test("a host that cannot start is shut down, so that the next one does not think it died")
  func failedStartEnds() async {
    await #expect(processExitsWith: .exitCode(5)) {
      let run = HostRun(FakeHost(startError: OperationError(.refused, "noexec")))
      run.carry { if !run.host.calls.contains("shutDown") { exit(91) } }
    }
  }

  @Test("the service manager hears of start, reload and stop", arguments: [false, true])
  func notifies(isAbstract: Bool) async {
    if isAbstract {
      await #expect(processExitsWith: .exitCode(0)) { listenForNotifications(isAbstract: true) }
    } else {
      await #expect(processExitsWith: .exitCode(0)) { listenForNotifications(isAbstract: false) }
    }
  }
}

private let stopRequest = #"{"jsonrpc":"2.0","id":1,"method":"host.stop"}"#

private func endBySignal(_ signal: Int32) {
  let run = HostRun()
  run.whenReady { kill(getpid(), signal) }
  run.carry {
    if run.host.calls != ["start", "shutDown"] { exit(92) }
    if unsafe access(run.socket, F_OK) == 0 { exit(93) }
  }
}

private func listenForNotifications(isAbstract: Bool) {
  let directory = TemporaryDirectory()
  let manager = NotificationSocket(
    isAbstract ? "@dovetail-test-\(getpid())" : directory.file("notify"))
  let run = HostRun(notifySocket: manager.address)
  run.whenReady {
    run.hangUp()
    kill(getpid(), SIGTERM)
  }
  run.carry {
    let messages = (0..<5).map { _ in manager.receive() }
    let expected = ["READY=1\nSTATUS=serving test", "RELOADING=1\nMONOTONIC_USEC="]
    guard messages[0] == expected[0], messages[1].hasPrefix(expected[1]),
      messages[2] == expected[0], messages[3] == "STOPPING=1", messages[4] == ""
    else { exit(94) }
  }
}
