import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// Processes that stand by to take over from a worker.
@Suite(.serialized) struct StandbyTests {
  private static func configuration(_ more: String = "", log: String = "info") -> String {
    #"{"isolation": {"isolated": ["bad"], "restartDelay": 1\#(more)}, "log": {"level": "\#(log)"}}"#
  }

  private func zoo(_ configuration: String = configuration(), _ flags: [String] = []) throws -> Zoo
  {
    let zoo = try Zoo(configuration: configuration)
    try zoo.add("bad", ["-DAT=SERVICE", "-DDO=SEGV", "-DWHEN_ASKED"] + flags)
    try zoo.host.start()
    return zoo
  }

  /// The processes of the isolated plugin: the one that serves, and the one that stands by.
  private func pair(_ zoo: Zoo) throws -> (worker: Int32, standby: Int32?) {
    let worker = try zoo.host.info("bad")?["worker"]
    return (Int32(worker?["pid"]?.int ?? 0), worker?["standby"]?.int.map { Int32($0) })
  }

  /// Waits until a process stands by that is none of these.
  private func standby(_ zoo: Zoo, butNot former: Int32...) throws -> Int32 {
    let found = try Condition.wait { () -> Int32? in
      try pair(zoo).standby.flatMap { former.contains($0) ? nil : $0 }
    }
    return try #require(found, "nothing stands by: \(zoo.host.log)")
  }

  private func expectServes(_ zoo: Zoo) throws {
    #expect(try Condition.holds { try zoo.host.call("bad.poke") == "one 0" }, "\(zoo.host.log)")
  }

  @Test func `A crash is answered by the process that stood by, and another takes its place`()
    throws
  {
    let zoo = try zoo()
    var first = try standby(zoo)
    for _ in 0..<3 {
      let (worker, second) = try pair(zoo)
      #expect(second == first && worker != first)
      #expect(try zoo.host.ask("call", "bad.poke", "--data", "now").status != 0)
      try expectServes(zoo)
      #expect(try pair(zoo).worker == first, "\(zoo.host.log)")
      first = try standby(zoo, butNot: first)
    }
    #expect(try Zoo.children(of: zoo.host.pid).count == 2)
    zoo.expectCleanEnd()
  }

  @Test func `The death of a process that stands by costs nothing`() throws {
    let zoo = try zoo()
    let first = try standby(zoo)
    let worker = try pair(zoo).worker
    kill(first, SIGKILL)
    let second = try standby(zoo, butNot: first)
    #expect(zoo.host.log.contains("its standby worker was killed by SIGKILL"), "\(zoo.host.log)")
    #expect(try pair(zoo).worker == worker)
    #expect(try zoo.host.info("bad")?["generation"]?.int == 1)
    try expectServes(zoo)
    // Both at once: a start from nothing.
    for process in [second, worker] { kill(process, SIGKILL) }
    #expect(
      Condition.holds { zoo.host.log.contains("started again as generation 2") }, "\(zoo.host.log)")
    try expectServes(zoo)
    #expect(try pair(zoo).worker != second)
    _ = try standby(zoo, butNot: first, second)
    zoo.expectCleanEnd()
  }

  @Test func `One after another that stands by may die, until none does`() throws {
    let zoo = try zoo(Self.configuration(#", "restarts": 2"#))
    var former: Int32 = 0
    for _ in 0..<3 {
      former = try standby(zoo, butNot: former)
      kill(former, SIGKILL)
    }
    let isSaid = Condition.holds {
      zoo.host.log.contains("none stands by until it is started again")
    }
    #expect(isSaid, "\(zoo.host.log)")
    try expectServes(zoo)
    #expect(try pair(zoo).standby == nil)
    #expect(try zoo.host.ask("call", "bad.poke", "--data", "now").status != 0)
    try expectServes(zoo)
    zoo.expectCleanEnd()
  }

  @Test func `What stands by ends with its plugin`() throws {
    let zoo = try zoo()
    let (worker, standby) = (try pair(zoo).worker, try standby(zoo))
    #expect(try zoo.host.ask("unload", "bad").status == 0)
    #expect(Zoo.hasEnded(worker) && Zoo.hasEnded(standby))
    #expect(try Zoo.children(of: zoo.host.pid) == [])
    #expect(try zoo.host.ask("load", "bad").status == 0)
    let next = try self.standby(zoo, butNot: standby)
    zoo.expectCleanEnd()
    #expect(Zoo.hasEnded(next))
  }

  @Test func `Another build has another process stand by`() throws {
    let zoo = try zoo(Self.configuration().dropLast() + #", "probation": {"seconds": 0}}"#)
    let first = try standby(zoo)
    try zoo.add("bad", ["-DAT=SERVICE", "-DDO=SEGV", "-DWHEN_ASKED", "-DTAG=\"two\""])
    #expect(try zoo.host.ask("reload", "bad").status == 0)
    let second = try standby(zoo, butNot: first)
    #expect(Zoo.isGone(first))
    #expect(try zoo.host.ask("call", "bad.poke", "--data", "now").status != 0)
    #expect(try Condition.holds { try zoo.host.call("bad.poke") == "two 0" }, "\(zoo.host.log)")
    #expect(try pair(zoo).worker == second)
    zoo.expectCleanEnd()
  }

  @Test func `Nothing stands by where the configuration says so, also while the host runs`() throws
  {
    let zoo = try zoo(Self.configuration(#", "standby": false"#))
    try expectServes(zoo)
    #expect(try pair(zoo).standby == nil)
    #expect(try Zoo.children(of: zoo.host.pid).count == 1)
    #expect(try zoo.host.ask("call", "bad.poke", "--data", "now").status != 0)
    try expectServes(zoo)
    #expect(try Zoo.children(of: zoo.host.pid).count == 1)
    try zoo.host.configure(Self.configuration())
    let standby = try standby(zoo)
    try zoo.host.configure(Self.configuration(#", "standby": false"#))
    #expect(Zoo.isGone(standby))
    try expectServes(zoo)
    zoo.expectCleanEnd()
  }

  /// One line of `/proc/PID/limits`.
  private func limit(_ name: String, of pid: Int32) throws -> String {
    let bytes = try FileDescriptor.open("/proc/\(pid)/limits", O_RDONLY).read(4096, at: 0)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix(name) })
    return String(line.dropFirst(name.count).drop { $0 == " " }.prefix { $0 != " " })
  }

  @Test func `What takes over is under the limits of the day`() throws {
    let zoo = try zoo(Self.configuration(#", "limits": {"files": 99}"#))
    let first = try standby(zoo)
    #expect(try limit("Max open files", of: first) == "99")
    // Threads are counted as the plugin comes: much may have been started since.
    let worker = try pair(zoo).worker
    let (waiting, serving) = (
      try limit("Max processes", of: first), try limit("Max processes", of: worker)
    )
    #expect(waiting != serving && Int(serving) != nil, "\(waiting) \(serving)")
    try zoo.host.configure(Self.configuration(#", "limits": {"files": 88}"#))
    let second = try standby(zoo, butNot: first)
    #expect(try zoo.host.ask("call", "bad.poke", "--data", "now").status != 0)
    try expectServes(zoo)
    #expect(try pair(zoo).worker == second)
    #expect(try limit("Max open files", of: second) == "88")
    #expect(Int(try limit("Max processes", of: second)) != nil)
    zoo.expectCleanEnd()
  }

  /// The kernel keeps the file that stood at the path as a sandbox was made.
  @Test func `A file that was replaced is read by what takes over`() throws {
    let folder = TemporaryDirectory()
    let path = folder.file("rotated")
    try Data("old".utf8).write(to: URL(filePath: path))
    let zoo = try Zoo(configuration: #"{"isolation": {"isolated": ["prowler"]}}"#)
    try zoo.add(
      "prowler", [], #""permissions": {"files": {"read": ["\#(path)"]}}"#, source: "prowler")
    try zoo.host.start()
    func worker() throws -> JSON? { try zoo.host.info("prowler")?["worker"] }
    #expect(try Condition.holds { try worker()?["standby"]?.int != nil }, "\(zoo.host.log)")
    #expect(try zoo.host.call("prowler.try", "read \(path)") == "ok")
    #expect(unsafe rename(path, folder.file("rotated.1")) == 0)
    try Data("new".utf8).write(to: URL(filePath: path))
    kill(Int32(try worker()?["pid"]?.int ?? 0), SIGKILL)
    #expect(
      Condition.holds { zoo.host.log.contains("started again as generation 2") }, "\(zoo.host.log)")
    #expect(try zoo.host.call("prowler.try", "read \(path)") == "ok")
    zoo.expectCleanEnd()
  }

  @Test func `What takes over sends the lines of the level that the configuration says by now`()
    throws
  {
    let zoo = try Zoo(configuration: Self.configuration())
    try zoo.add("bad", source: "scribe")
    try zoo.host.start()
    let standby = try standby(zoo)
    try zoo.host.configure(Self.configuration(log: "debug"))
    let isHeard = try Condition.holds {
      _ = try zoo.host.call("bad.note", "heard of the first")
      return zoo.host.log.contains("heard of the first")
    }
    #expect(isHeard, "\(zoo.host.log)")
    kill(try pair(zoo).worker, SIGKILL)
    #expect(
      Condition.holds { zoo.host.log.contains("started again as generation 2") }, "\(zoo.host.log)")
    #expect(try pair(zoo).worker == standby)
    _ = try zoo.host.call("bad.note", "heard of the second")
    #expect(zoo.host.log.contains("heard of the second"), "\(zoo.host.log)")
    zoo.expectCleanEnd()
  }
}
