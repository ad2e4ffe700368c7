import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// Workers and hosts that are killed, again and again and at any moment.
@Suite(.serialized) struct WorkerDeathTests {
  private static let restarting =
    #"{"isolation": {"isolated": ["bad"], "restarts": 1000, "restartSeconds": 1, "restartDelay": 1}}"#

  /// How many crashes in a row: `ZOO_CRASHES=1000` for the whole.
  private static let crashes = Environment["ZOO_CRASHES"].flatMap { Int($0) } ?? 40

  /// What the process of a host holds: kilobytes of memory, and descriptors.
  /// One more process stands by then, as always when nothing happens.
  private func figures(_ zoo: Zoo) throws -> (memory: Int, descriptors: Int) {
    let isWhole = try Condition.holds { try Zoo.children(of: zoo.host.pid).count == 2 }
    #expect(isWhole, "\(zoo.host.log.suffix(2_000))")
    let bytes = try FileDescriptor.open("/proc/\(zoo.host.pid)/statm", O_RDONLY).read(4096, at: 0)
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(zoo.host.pid)/fd")
    return ((Int(words[1]) ?? 0) * 4, open.count)
  }

  private func answer(_ socket: SocketClient, _ service: String, _ data: String = "") throws
    -> String?
  {
    try socket.ask("services.call", #"{"service": "\#(service)", "data": "\#(data)"}"#)["result"]?[
      "data"]?.string
  }

  @Test(arguments: ["SEGV", "ABORT", "EXIT"])
  func `promise 4: Worker after worker may crash, and the host holds no more than before`(
    deed: String
  ) throws {
    let zoo = try Zoo(configuration: Self.restarting)
    try zoo.add("bad", ["-DAT=SERVICE", "-DDO=\(deed)", "-DWHEN_ASKED"])
    try zoo.host.start()
    let socket = try SocketClient("\(zoo.host.state)/control.sock")
    var early = try figures(zoo)
    for crash in 1...Self.crashes {
      #expect(try answer(socket, "bad.poke", "now") == nil)
      let isBack = try Condition.holds { try answer(socket, "bad.poke") == "one 0" }
      try #require(isBack, "after crash \(crash): \(zoo.host.log.suffix(2_000))")
      if crash == Self.crashes / 4 { early = try figures(zoo) }
    }
    let late = try figures(zoo)
    #expect(late.memory < early.memory + 6 << 10, "\(early) then \(late)")
    #expect(late.descriptors <= early.descriptors + 2, "\(early) then \(late)")
    #expect(try zoo.host.info("bad")?["generation"]?.int == Int64(Self.crashes + 1))
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: A worker may be killed at any moment under load`() throws {
    let zoo = try Zoo(configuration: Self.restarting)
    try zoo.add("bad", ["-DASYNC"])
    try zoo.host.start()
    let socket = try SocketClient("\(zoo.host.state)/control.sock")
    var random = SystemRandomNumberGenerator()
    for _ in 0..<25 {
      let workers = try Zoo.children(of: zoo.host.pid)
      for _ in 0..<Int.random(in: 0..<60, using: &random) {
        _ = try socket.ask("events.publish", #"{"type": "zoo.poke"}"#)
      }
      for worker in workers { kill(worker, SIGKILL) }
      // Calls that are under way end with it; later ones wait for the next.
      _ = try answer(socket, "bad.poke")
      #expect(try answer(socket, "witness.ticks") != nil)
    }
    let isBack = try Condition.holds { try answer(socket, "bad.poke")?.hasPrefix("one ") == true }
    #expect(isBack, "\(zoo.host.log.suffix(2_000))")
    try zoo.expect(["bad": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 4: No worker outlives a host that is killed, whatever it does`() throws {
    // A host of its own each time: one that died often starts with less.
    for _ in 0..<3 {
      let zoo = try Zoo(configuration: #"{"isolation": {"default": "isolated"}}"#)
      try zoo.add("pet")
      try zoo.add("stuck", ["-DAT=HANDLER", "-DDO=HANG", "-DASYNC"])
      try zoo.add("busy", ["-DAT=SERVICE", "-DDO=SPIN", "-DWHEN_ASKED"])
      try zoo.host.start()
      // Each of the four with its standby.
      let workers = try Condition.wait { () -> [Int32]? in
        let workers = try Zoo.children(of: zoo.host.pid)
        return workers.count == 8 ? workers : nil
      }
      guard let workers else { throw HostDied(log: zoo.host.log) }
      _ = try zoo.host.ask("publish", "zoo.poke")
      let client = try ChildProcess(
        [RunningHost.program, "call", "busy.poke", "--data", "now", "--state", zoo.host.state],
        environment: ["HOME": "/"])
      #expect(Condition.holds { zoo.host.log.contains("a creature hangs") }, "\(zoo.host.log)")
      kill(zoo.host.pid, SIGKILL)
      #expect(zoo.host.waitForEnd() == .killed(signal: SIGKILL))
      let areGone = Condition.holds(milliseconds: 5_000) {
        workers.allSatisfy { Zoo.hasEnded($0) }
      }
      #expect(areGone, "a worker survived its host")
      #expect(client.wait() != nil)
      try zoo.host.start()
      try zoo.expect(["pet": "active", "witness": "active"])
      zoo.expectCleanEnd()
    }
  }

  /// The call of the worker's waits in the host, in a third plugin; the worker's end does not bring it back.
  @Test(arguments: [[], ["-DTHREAD"]])
  func `promise 4: A worker that ends while its call hangs in another plugin holds up nobody`(
    flags: [String]
  ) throws {
    let zoo = try Zoo(
      configuration:
        #"{"isolation": {"isolated": ["bad"], "restartDelay": 1}, "drainDeadline": 500}"#)
    try zoo.add("bad", flags, #""permissions": {"services": ["hung.>"]}"#, source: "waiter")
    try zoo.add("hung", ["-DAT=SERVICE", "-DDO=HANG", "-DWHEN_ASKED"])
    try zoo.add("pet")
    try zoo.host.start()
    #expect(try zoo.host.ask("publish", "zoo.poke").status == 0)
    #expect(Condition.holds { zoo.host.log.contains("a creature hangs") }, "\(zoo.host.log)")
    for worker in try Zoo.children(of: zoo.host.pid) { kill(worker, SIGKILL) }
    #expect(
      Condition.holds { zoo.host.log.contains("started again as generation 2") }, "\(zoo.host.log)")
    #expect(try zoo.host.ask("unload", "pet").status == 0)
    #expect(try zoo.host.ask("load", "pet").status == 0)
    try zoo.expect(["bad": "active", "pet": "active", "witness": "active"])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  /// What a plugin with the permission starts is in its worker's group.
  @Test func `What a worker started ends with it`() throws {
    let zoo = try Zoo(configuration: Self.restarting)
    try zoo.add(
      "bad", ["-DAT=SERVICE", "-DDO=FORK", "-DWHEN_ASKED"], #""permissions": {"exec": true}"#)
    try zoo.host.start()
    let socket = try SocketClient("\(zoo.host.state)/control.sock")
    _ = try answer(socket, "bad.poke", "now")
    let number = Condition.wait { () -> Int32? in
      let text = zoo.host.log
      guard let said = text.firstRange(of: "a creature started ") else { return nil }
      return Int32(text[said.upperBound...].prefix { $0.isNumber })
    }
    let child = try #require(number, "\(zoo.host.log)")
    let isGone = Condition.holds(milliseconds: 5_000) { Zoo.hasEnded(child) }
    #expect(isGone, "process \(child) outlived the worker that started it")
    zoo.expectCleanEnd()
  }
}
