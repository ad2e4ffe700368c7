import Glibc
import HostSupport
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct DoctorTests {
  private func checks(
    _ state: String, socket: String? = nil, plugins: [String] = []
  ) throws -> [String: DoctorCheck] {
    let location = try HostLocation(
      name: nil, state: state, socket: socket, environment: [:], workingDirectory: "/")
    let all = Doctor(location: location, pluginDirectories: plugins).examine()
    return Dictionary(all.map { ($0.name, $0) }) { _, last in last }
  }

  @Test("a state directory that is not there yet is fine")
  func fresh() throws {
    let directory = TemporaryDirectory()
    let found = try checks(directory.file("a/b"))
    #expect(found["state directory"]?.outcome == .ok)
    #expect(found["state mount"]?.outcome == .ok)
    #expect(found["control socket"]?.outcome == .ok)
    #expect(found["kernel"]?.outcome == .ok)
  }

  @Test("a state directory that is open to others is a warning, as run closes it")
  func openState() throws {
    let directory = TemporaryDirectory()
    unsafe chmod(directory.path, 0o755)
    #expect(
      try checks(directory.path)["state directory"]
        == DoctorCheck(
          "state directory", .warn,
          "\(directory.path) is open to others (mode 755) until `run` closes it",
          fix: "chmod 700 \(directory.path)"))
  }

  @Test("a state directory that is a file fails, and nothing else is said of it")
  func stateIsFile() throws {
    let directory = TemporaryDirectory()
    _ = try FileDescriptor.open(directory.file("state"), O_WRONLY | O_CREAT)
    let found = try checks(directory.file("state"))
    #expect(
      found["state directory"]
        == DoctorCheck(
          "state directory", .fail, "\(directory.file("state")) is no directory",
          fix: "choose another --state DIR"))
    #expect(found["lock"] == nil && found["state mount"] == nil)
  }

  @Test(
    "a low limit of open files is a warning with the fix",
    arguments: [
      ("ulimit -Sn 64", "ulimit -n 1024"),
      ("ulimit -n 64", "as root, raise the hard limit of 64 (limits.conf), then ulimit -n 1024"),
    ])
  func fewFiles(limit: String, fix: String) throws {
    let directory = TemporaryDirectory()
    let command =
      "\(limit); exec '\(Dovetail.buildFolder)/dovetail' doctor --state '\(directory.path)'"
    let run = try Dovetail(program: "sh", ["-c", command])
    #expect(
      run.output.contains(
        "warn  open files: only 64 at a time\n"
          + "      fix: \(fix); LimitNOFILE=1024 in a systemd unit\n"), "\(run.output)")
  }

  @Test("a file system that forbids execution fails")
  func noExec() throws {
    // Making such a mount takes root: one that the machine has will do.
    let mounts = try FileDescriptor.open("/proc/mounts", O_RDONLY).read(1 << 20, at: 0)
    let point = String(decoding: mounts, as: UTF8.self).split(separator: "\n")
      .map { $0.split(separator: " ") }.first { $0[3].split(separator: ",").contains("noexec") }?[1]
    guard let point else { return }
    #expect(
      try checks(String(point))["state mount"]
        == DoctorCheck(
          "state mount", .fail,
          "\(point) is on a file system mounted noexec: plugins cannot be mapped",
          fix: "choose a --state DIR on another file system, or remount it with exec"))
  }

  @Test("a lock that is held names its process, a free one says so")
  func locks() throws {
    let directory = TemporaryDirectory()
    let file = try FileDescriptor.open(directory.file("lock"), O_RDWR | O_CREAT)
    try file.write(Array("4711\n".utf8))
    #expect(
      try checks(directory.path)["lock"]?.finding == "free: no host uses this directory")
    flock(file.raw, LOCK_EX)
    #expect(
      try checks(directory.path)["lock"]?.finding == "held by a running host (pid 4711)")
  }

  @Test("a running host's quarantine is a warning, a socket left behind too")
  func hosts() throws {
    let served = try Served()
    let found = try checks(served.directory.path, socket: served.server.path)
    #expect(found["control socket"]?.finding == "host \"fake\" answers (pid 1, 0.1.0)")
    #expect(
      found["quarantine"]
        == DoctorCheck(
          "quarantine", .warn, "crasher 0123456789ab: SIGSEGV in init",
          fix: "dovetail quarantine why 0123456789ab"))
    #expect(found["retired images"]?.outcome == .ok)
    let directory = TemporaryDirectory()
    do { _ = try LocalSocket.listen(directory.file("control.sock")) }
    #expect(try checks(directory.path)["control socket"]?.outcome == .warn)
  }

  @Test("plugins that a host would not load are named with the reason")
  func badPlugins() throws {
    let directory = TemporaryDirectory()
    for name in ["b.so", "a.so", ".hidden.so"] {
      try FileDescriptor.open(directory.file(name), O_WRONLY | O_CREAT).write(Array("text".utf8))
    }
    let location = try HostLocation(
      name: nil, state: "/nonexistent", socket: nil, environment: [:], workingDirectory: "/")
    let found = Doctor(location: location, pluginDirectories: [directory.path]).examine()
    #expect(
      found.first { $0.name == "plugin folder" }?.finding
        == "\(directory.path) has 2 shared objects, 2 of them unusable")
    let bad = found.filter { $0.name == "plugin" }
    #expect(bad.map(\.outcome) == [.warn, .warn])
    for (check, name) in zip(bad, ["a.so", "b.so"]) {
      let path = directory.file(name)
      #expect(check.finding.hasPrefix("\(path): "))
      #expect(check.finding.contains("ELF"), "\(check.finding)")
      #expect(
        check.fix
          == "put a usable build in its place, or remove it; see `dovetail inspect \(path)`")
    }
  }

  @Test("missing and world-writable plugin folders are named")
  func folders() throws {
    let directory = TemporaryDirectory()
    #expect(
      try checks("/nonexistent", plugins: [directory.path])["plugin folder"]?.finding
        == "\(directory.path) has 0 shared objects")
    unsafe chmod(directory.path, 0o777)
    #expect(
      try checks("/nonexistent", plugins: [directory.path])["plugin folder"]?.fix
        == "chmod o-w \(directory.path)")
    #expect(
      try checks("/nonexistent", plugins: ["/nonexistent"])["plugin folder"]
        == DoctorCheck(
          "plugin folder", .fail, "/nonexistent is not there",
          fix: "mkdir -p /nonexistent, or correct --plugins"))
  }
}
