import HostSupport
import TestSupport
import Testing

/// What a manifest does not permit of files, network and programs: advisory in the host's process, enforced in a worker.
@Suite(.serialized) struct ProwlerTests {
  private let folder = TemporaryDirectory()

  private func zoo(isolated: Bool, _ permissions: String = "{}") throws -> Zoo {
    let place = isolated ? "isolated" : "inProcess"
    let zoo = try Zoo(configuration: #"{"isolation": {"\#(place)": ["prowler"]}}"#)
    try zoo.add(
      "prowler", [], #""isolation": "either", "permissions": \#(permissions)"#, source: "prowler")
    try zoo.host.start()
    try zoo.expect(["prowler": "active", "witness": "active"])
    return zoo
  }

  private func expect(_ zoo: Zoo, _ outcomes: [(String, String)]) throws {
    for (attempt, outcome) in outcomes {
      #expect(try zoo.host.call("prowler.try", attempt) == outcome, "\(attempt)")
    }
  }

  @Test func `promise 14: In the host's process, files, network and programs are advisory`() throws
  {
    let zoo = try zoo(isolated: false)
    try expect(
      zoo,
      [
        ("read /etc/passwd", "ok"), ("create \(folder.file("new"))", "ok"),
        ("connect 1", "ECONNREFUSED"), ("udp", "ok"), ("unix", "ok"), ("run /bin/true", "ok"),
        ("signal \(zoo.host.pid)", "ok"),
      ])
    zoo.expectCleanEnd()
  }

  @Test func `promise 14: In a worker, what the manifest does not ask for is refused`() throws {
    let zoo = try zoo(isolated: true)
    try expect(
      zoo,
      [
        ("read /etc/passwd", "EACCES"), ("create \(folder.file("new"))", "EACCES"),
        ("read \(zoo.host.state)/journal", "EACCES"), ("read \(zoo.host.plugins)", "EACCES"),
        ("connect 1", "EPERM"), ("udp", "EPERM"), ("unix", "EPERM"), ("run /bin/true", "EPERM"),
        ("signal \(zoo.host.pid)", "EPERM"), ("read /usr/lib", "ok"),
      ])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }

  @Test func `promise 14: In a worker, what the manifest asks for is given, and no more`() throws {
    let zoo = try zoo(
      isolated: true,
      """
      {"files": {"read": ["/etc/passwd"], "write": ["\(folder.path)"]}, "network": {"connect": [1]},
       "exec": true}
      """)
    try expect(
      zoo,
      [
        ("read /etc/passwd", "ok"), ("read /etc/group", "EACCES"),
        ("create \(folder.file("new"))", "ok"), ("connect 1", "ECONNREFUSED"),
        ("connect 2", "EACCES"), ("udp", "EPERM"), ("run /bin/true", "ok"),
        ("signal \(zoo.host.pid)", "EPERM"),
      ])
    try zoo.expectWitnessWorks()
    zoo.expectCleanEnd()
  }
}
