import Glibc
import HostSupport
import TestSupport
import Testing

/// Several hosts, several clients, and bad ones.
@Suite(.serialized) struct HostTests {
  @Test func `Two hosts share a plugin folder, but not a state directory`() throws {
    let zoo = try Zoo()
    try zoo.host.start()
    let neighbour = try RunningHost(plugins: zoo.host.plugins)
    try neighbour.start()
    #expect(try neighbour.states() == ["witness": "active"])
    let second = try RunningHost(state: zoo.host.state)
    try second.launch()
    #expect(second.waitForEnd() == .exited(5))
    #expect(second.log.contains("the host with pid \(zoo.host.pid) uses it"), "\(second.log)")
    #expect(neighbour.stop() == .exited(0))
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 13: Garbage on the control socket harms nobody`() throws {
    let zoo = try Zoo()
    try zoo.host.start()
    let rubbish: [[UInt8]] = [
      [], [0], Array("\n\n\n".utf8), Array("GET / HTTP/1.1\r\n\r\n".utf8), Array("{}\n".utf8),
      Array(#"{"jsonrpc": "2.0", "id": 1, "method": 7}"#.utf8) + [10],
      [UInt8](repeating: 0xFF, count: 100_000) + [10],
      [UInt8](repeating: UInt8(ascii: "["), count: 100_000) + [10],
    ]
    for bytes in rubbish {
      let client = try SocketClient("\(zoo.host.state)/control.sock")
      client.send(bytes)
      #expect(zoo.host.isRunning)
    }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 13: A bad line on the control socket is answered with what is wrong`() throws
  {
    let zoo = try Zoo()
    try zoo.host.start()
    let client = try SocketClient("\(zoo.host.state)/control.sock")
    for (line, code) in [
      ("GET / HTTP/1.1", -32700), ("{}", -32600),
      (#"{"jsonrpc": "2.0", "id": 1, "method": 7}"#, -32600),
      (#"{"jsonrpc": "2.0", "id": 1, "method": "no.such"}"#, -32601),
      (#"{"jsonrpc": "2.0", "id": 1, "method": "plugins.load", "params": {"target": 7}}"#, -32602),
    ] as [(String, Int64)] {
      client.send(Array("\(line)\n".utf8))
      let answer = try JSON(parsing: Array((client.line() ?? "null").utf8))
      #expect(answer["error"]?["code"]?.int == code, "\(line): \(answer)")
    }
    // The connection is as good as before.
    #expect(try client.ask("host.info")["result"] != nil)
    let refused = try zoo.host.ask("metrics").json?.array?.first {
      $0["name"]?.string == "dovetail_lost_total"
        && $0["labels"]?["kind"]?.string == "request-refused"
    }
    #expect((refused?["value"]?.double ?? 0) >= 3, "\(String(describing: refused))")
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `A state directory on a noexec mount is refused with advice`() throws {
    let folder = TemporaryDirectory()
    let script =
      #"mount -t tmpfs -o noexec tmpfs "$1" && exec "$2" run --plugins "$3" --state "$1/state""#
    func run(_ program: String) -> Program.Outcome {
      Program.run([
        "/usr/bin/unshare", "--mount", "--map-root-user", "/bin/sh", "-c", script, "sh",
        folder.path, program, folder.file("plugins"),
      ])
    }
    guard run("/bin/true").status == 0 else {
      return print("skipped: this process may not mount a file system in a namespace of its own")
    }
    let outcome = run(RunningHost.program)
    #expect(outcome.status == 5)
    #expect(
      outcome.output.contains(
        "state directory \(folder.path)/state: its file system is mounted noexec, so no plugin can "
          + "be mapped from it; give --state a directory on another file system, or remount it "
          + "with exec"), "\(outcome.output)")
  }

  @Test func `Clients that load, unload and reload one plugin at once get an answer each`() throws {
    let zoo = try Zoo(configuration: #"{"probation": {"seconds": 0}}"#)
    try zoo.add("pet")
    try zoo.host.start()
    for round in 0..<10 {
      try zoo.add("pet", ["-DTAG=\"\(round % 2)\""], version: "1.0.\(round % 2)")
      let clients = try ["unload", "load", "reload", "unload", "load", "reload"].map { word in
        try ChildProcess(
          [RunningHost.program, word, "pet", "--json", "--state", zoo.host.state],
          environment: ["HOME": "/"])
      }
      for client in clients {
        let ending = client.wait()
        // Done, or refused because another client was faster.
        #expect(
          ending == .exited(0) || ending == .exited(5),
          "\(String(describing: ending)) \(client.errors)")
      }
      let state = try zoo.host.states()["pet"]
      #expect(state == "active" || state == "unmapped", "\(zoo.host.log)")
    }
    if try zoo.host.states()["pet"] != "active" {
      #expect(try zoo.host.ask("load", "pet").status == 0)
    }
    #expect(try zoo.host.call("pet.poke") != nil)
    #expect(try zoo.host.info("pet")?["retiredGenerations"]?.int == 0)
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `Two clients at once are both served`() throws {
    let zoo = try Zoo()
    try zoo.add("pet")
    try zoo.host.start()
    let words = [RunningHost.program, "reload", "pet", "--json", "--state", zoo.host.state]
    let clients = try (0..<4).map { _ in try ChildProcess(words, environment: ["HOME": "/"]) }
    for client in clients { #expect(client.wait() == .exited(0), "\(client.errors)") }
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
