import Glibc
import HostSupport
import PluginHost
import TestSupport
import Testing

@testable import ControlPlane

/// What a service manager and a supervisor hear of a host that lives, and of one that does not.
@Suite(.serialized) struct WatchdogTests {
  /// Takes messages until all that are wanted have come.
  private func hear(_ manager: NotificationSocket, _ wanted: [String]) -> [String] {
    var heard: [String] = []
    _ = Condition.holds {
      while case let message = manager.receive(), !message.isEmpty { heard.append(message) }
      return wanted.allSatisfy { one in heard.contains { $0.contains(one) } }
    }
    return heard
  }

  @Test(arguments: [[], ["--supervise"]])
  func `A service manager that wants signs of life gets them while the host works`(
    flags: [String]
  ) throws {
    let directory = TemporaryDirectory()
    let manager = NotificationSocket(directory.file("notify"))
    let host = try RunningHost(flags: flags, environment: ["WATCHDOG_USEC": "100000"])
    let child = try host.launch(notifying: manager.address)
    let heard = hear(manager, ["READY=1\nSTATUS=serving default", "WATCHDOG=1"])
    let ready = try #require(heard.first { $0.hasPrefix("READY=1") }, "\(heard)\n\(host.log)")
    #expect(ready.contains("MAINPID=\(child.pid)") == !flags.isEmpty)
    // Again and again.
    for _ in 0..<2 { #expect(hear(manager, ["WATCHDOG=1"]).isEmpty == false) }
    #expect(host.stop() == .exited(0))
    #expect(hear(manager, ["STOPPING=1"]).contains("STOPPING=1"))
  }

  @Test func `A supervisor passes on what the host says, and says itself when it died`() throws {
    let directory = TemporaryDirectory()
    let manager = NotificationSocket(directory.file("notify"))
    let host = try RunningHost(flags: ["--supervise"])
    let child = try host.launch(notifying: manager.address)
    #expect(hear(manager, ["READY=1"]).isEmpty == false)
    child.signal(SIGHUP)
    let reload = hear(manager, ["RELOADING=1\nMONOTONIC_USEC=", "READY=1"])
    #expect(reload.contains { $0.hasPrefix("RELOADING=1") }, "\(reload)")
    let client = try RawClient("\(host.state)/control.sock")
    let answer = client.ask(#"{"jsonrpc":"2.0","id":1,"method":"host.info"}"#) ?? ""
    let pid = try JSON(parsing: answer.utf8)["result"]?["pid"]?.int ?? 0
    #expect(pid > 1)
    kill(Int32(pid), SIGKILL)
    let heard = hear(
      manager, ["STATUS=the host died: it was killed by SIGKILL; it is started again", "READY=1"])
    #expect(heard.contains { $0.hasPrefix("READY=1") }, "\(heard)\n\(host.log)")
    #expect(host.stop() == .exited(0))
  }

  @Test func `A service manager that reads nothing does not hold up the process`() {
    let directory = TemporaryDirectory()
    let manager = NotificationSocket(directory.file("notify"))
    let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.address])
    let done = Monitor(false)
    let thread = try? Thread(name: "notifies") {
      // More than a socket's queue takes.
      for _ in 0..<20 { notifier.alive() }
      done.update { $0 = true }
    }
    thread?.detach()
    #expect(Condition.holds { done.withLock { $0 } })
    #expect(manager.receive() == "WATCHDOG=1")
  }

  @Test func `Another process's watchdog is none of ours`() {
    let given = ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "4000000"]
    #expect(ServiceNotifier(environment: given).watchdogMilliseconds == 2_000)
    let others = given.merging(["WATCHDOG_PID": "1"]) { $1 }
    #expect(ServiceNotifier(environment: others).watchdogMilliseconds == nil)
    let own = given.merging(["WATCHDOG_PID": "\(getpid())"]) { $1 }
    #expect(ServiceNotifier(environment: own).watchdogMilliseconds == 2_000)
    #expect(ServiceNotifier(environment: ["WATCHDOG_USEC": "1"]).watchdogMilliseconds == nil)
  }

  @Test func `A supervisor is told once that a host hangs, and nothing of life until it goes on`()
    throws
  {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
    let ours = FileDescriptor(owning: ends[0])
    let theirs = FileDescriptor(owning: ends[1])
    let start = SupervisedStart(
      link: theirs.raw, beatMilliseconds: 5, report: SupervisionReport(pid: getpid()))
    let notifier = ServiceNotifier(environment: [:], supervised: start)
    let liveness = Monitor(Liveness.alive)
    let heartbeat = try Heartbeat(notifier, LogWriter(level: .error)) { liveness.withLock { $0 } }
    defer { heartbeat?.stop() }
    let child = SupervisedChild(pid: 0, link: ours)
    func next(_ wanted: HostMessage) -> [HostMessage] {
      var all: [HostMessage] = []
      _ = Condition.holds {
        all += child.messages().texts.map(HostMessage.init)
        return all.contains(wanted)
      }
      return all
    }
    #expect(next(.alive).contains(.alive))
    liveness.update { $0 = .stuck(reason: "it waits") }
    let stuck = next(.stuck("it waits"))
    #expect(stuck.last == .stuck("it waits"))
    liveness.update { $0 = .alive }
    let after = next(.alive)
    #expect(Set(after.map(\.text)) == ["WATCHDOG=1"], "\(after)")
  }
}
