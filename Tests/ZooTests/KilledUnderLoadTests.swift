import Glibc
import HostSupport
import TestSupport
import Testing

/// Supervisor, host and workers that are killed at any moment under load.
@Suite(.serialized) struct KilledUnderLoadTests {
  /// How many kills in a row: `ZOO_KILLS=300` for the whole.
  private static let kills = Environment["ZOO_KILLS"].flatMap { Int($0) } ?? 12

  private static let isolation =
    #", "isolation": {"isolated": ["bad"], "restarts": 1000, "restartSeconds": 1, "restartDelay": 1}, "safeMode": {"deaths": 0}"#

  /// Publishes, calls and writes until it is told to stop, through whatever host there is.
  private final class Load: Sendable {
    /// The last number that a host said to be on the disk.
    let confirmed = Monitor(0)
    private let isOver = Monitor(false)
    private let hasEnded = Monitor(false)

    init(_ state: String) throws {
      try Thread(name: "load") { [self] in
        var number = 0
        while !isOver.withLock({ $0 }) { run(state, &number) }
        hasEnded.update { $0 = true }
      }.detach()
    }

    /// Until its connection breaks.
    private func run(_ state: String, _ number: inout Int) {
      guard let socket = try? SocketClient("\(state)/control.sock") else {
        _ = isOver.wait(until: .after(milliseconds: 20)) { $0 ? true : nil }
        return
      }
      while !isOver.withLock({ $0 }) {
        number += 1
        guard ask(socket, "events.publish", #"{"type": "zoo.poke"}"#) != nil,
          ask(socket, "services.call", #"{"service": "bad.poke"}"#) != nil,
          let put = ask(
            socket, "meta.put", #"{"collection": "kills", "key": "last", "value": \#(number)}"#),
          let flushed = ask(socket, "meta.flush")
        else { return }
        if put["result"] != nil, flushed["result"] != nil {
          confirmed.update { $0 = number }
        }
      }
    }

    /// The answer; `nil` when the connection broke.
    private func ask(_ socket: SocketClient, _ method: String, _ parameters: String = "{}") -> JSON?
    {
      let answer = try? socket.ask(method, parameters)
      return answer?["error"]?.string == nil ? answer : nil
    }

    func stop() -> Bool {
      isOver.update { $0 = true }
      return hasEnded.wait(until: .after(milliseconds: 30_000)) { $0 ? true : nil } == true
    }
  }

  private func worker(_ zoo: Zoo) -> Int32? {
    let worker = try? SocketClient("\(zoo.host.state)/control.sock").ask(
      "plugins.info", #"{"id": "bad"}"#)["result"]?["worker"]?["pid"]?.int
    return worker.flatMap { $0 }.map { Int32($0) }
  }

  private func last(_ zoo: Zoo) throws -> Int {
    let found = try SocketClient("\(zoo.host.state)/control.sock").ask(
      "meta.get", #"{"collection": "kills", "key": "last"}"#)
    return Int(found["result"]?["value"]?.int ?? 0)
  }

  @Test
  func `promises 4, 6, 11, 12: Supervisor, host and worker may be killed at any moment under load`()
    throws
  {
    let zoo = try Zoo.supervised("", Self.isolation)
    try zoo.add("bad", ["-DASYNC"])
    try zoo.host.start()
    var host = try #require(try zoo.hostPid())
    let load = try Load(zoo.host.state)
    defer { _ = load.stop() }
    for kills in 1...Self.kills {
      let seen = load.confirmed.withLock { $0 }
      let moves = load.confirmed.wait(until: .after(milliseconds: 30_000)) {
        $0 > seen + Int.random(in: 0...20) ? true : nil
      }
      try #require(moves == true, "before kill \(kills): \(zoo.host.log.suffix(3_000))")
      let former = worker(zoo)
      switch kills % 3 {
      case 0:
        kill(zoo.host.pid, SIGKILL)
        #expect(zoo.host.waitForEnd() == .killed(signal: SIGKILL))
        // It ends in order by itself.
        #expect(Zoo.isGone(host), "the host outlived its supervisor")
        try zoo.host.start()
        host = try #require(try zoo.hostPid())
      case 1:
        kill(host, SIGKILL)
        host = try #require(try zoo.hostPid(after: host), "\(zoo.host.log.suffix(3_000))")
      default:
        if let former { kill(former, SIGKILL) }
      }
      if let former { #expect(Zoo.isGone(former), "a worker outlived its end") }
      let confirmed = load.confirmed.withLock { $0 }
      #expect(try last(zoo) >= confirmed, "what was confirmed is gone after kill \(kills)")
      let isBack = try Condition.holds { try zoo.host.states()["bad"] == "active" }
      #expect(isBack, "after kill \(kills): \(zoo.host.log.suffix(3_000))")
    }
    #expect(load.stop())
    try zoo.expect(["bad": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
