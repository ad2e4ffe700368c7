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
