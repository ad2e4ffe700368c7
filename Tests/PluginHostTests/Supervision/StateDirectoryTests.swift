import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct StateDirectoryTests {
  let directory = TemporaryDirectory()

  @Test("The directory and its missing parents are made for their owner only")
  func made() throws {
    let path = directory.file("a/b/state")
    let state = try StateDirectory.open(path)
    #expect(state.path.hasSuffix("/a/b/state"))
    for name in ["", "/staging", "/quarantine", "/known-good", "/cache", "/store"] {
      var status = stat()
      #expect(unsafe stat(path + name, &status) == 0)
      #expect(status.st_mode & 0o7777 == 0o700)
    }
    #expect(state.controlSocketPath == "\(state.path)/control.sock")
    let lock = try String(contentsOfFile: "\(path)/lock", encoding: .utf8)
    #expect(lock == "\(getpid())\n")
  }

  @Test("A directory that others could read is closed to them")
  func closed() throws {
    #expect(unsafe chmod(directory.path, 0o755) == 0)
    let state = try StateDirectory.open(directory.path)
    #expect(try state.root.status(of: ".").mode & 0o777 == 0o700)
  }

  @Test("A second host is refused with the pid of the first, and may have it afterwards")
  func second() throws {
    let state = try StateDirectory.open(directory.path)
    #expect(
      throws: StateDirectoryError.inUse(path: state.path, pid: getpid(), alive: true)
    ) { try StateDirectory.open(directory.path) }
    #expect(
      StateDirectoryError.inUse(path: "/s", pid: 42, alive: true).description
        == "state directory /s: the host with pid 42 uses it; "
        + "stop that one or give this one --state DIR")
    withExtendedLifetime(state) {}
  }

  @Test("The lock ends with the host, even when it is killed")
  func killed() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
      let state = try StateDirectory.open(path)
      raise(SIGKILL)
      withExtendedLifetime(state) {}
    }
    _ = try StateDirectory.open(directory.path)
  }

  @Test("What an earlier host staged is moved aside at once and removed by the sweep")
  func sweep() throws {
    for round in 1...2 {
      let state = try StateDirectory.open(directory.path)
      #expect(try state.staging.names().isEmpty)
      try state.staging.makeDirectory("p@1-1")
      try state.staging.open("p@1-1/p.so", O_CREAT | O_WRONLY).write([1])
      let stale = try state.root.names().filter { $0.hasPrefix("stale-") }
      #expect(stale.count == round - 1)
    }
    let state = try StateDirectory.open(directory.path)
    #expect(try state.root.names().filter { $0.hasPrefix("stale-") } == ["stale-1", "stale-2"])
    try state.sweep()
    #expect(try state.root.names().filter { $0.hasPrefix("stale-") }.isEmpty)
  }

  @Test("A path that is too long for a socket is refused with its length")
  func tooLong() throws {
    let path = directory.file(String(repeating: "x", count: 100))
    let error = #expect(throws: StateDirectoryError.self) { try StateDirectory.open(path) }
    let length = directory.path.utf8.count + 1 + 100 + 13
    #expect(
      error?.description
        == "state directory \(path): the path of its control socket has \(length) bytes, "
        + "and a socket address holds 107; give --state a shorter path")
  }

  @Test("A mount without execution is refused with advice")
  func noExecute() throws {
    #expect(throws: StateDirectoryError.noExecute(path: "/mnt/s")) {
      try StateDirectory.checkMount(flags: 8 | 2, path: "/mnt/s")
    }
    try StateDirectory.checkMount(flags: 2, path: "/mnt/s")
    #expect(
      StateDirectoryError.noExecute(path: "/mnt/s").description
        == "state directory /mnt/s: its file system is mounted noexec, so no plugin can be mapped "
        + "from it; give --state a directory on another file system, or remount it with exec")
  }

  @Test("A file in the way, and a parent that is none, are reported in the system's words")
  func inTheWay() throws {
    let path = directory.file("file")
    try FileDescriptor.open(path, O_CREAT | O_WRONLY).write([1])
    #expect(
      throws: StateDirectoryError.system(
        path: path, SystemError("open", path, code: ENOTDIR))
    ) { try StateDirectory.open(path) }
    #expect(
      throws: StateDirectoryError.system(
        path: "\(path)/state", SystemError("mkdir", "\(path)/state", code: ENOTDIR))
    ) { try StateDirectory.open("\(path)/state") }
  }

  @Test(
    "The default place follows XDG_STATE_HOME, then HOME",
    arguments: [
      (["XDG_STATE_HOME": "/x", "HOME": "/h"], "/x/dovetail/n"),
      (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/dovetail/n"),
      (["HOME": "/h"], "/h/.local/state/dovetail/n"),
      ([:], nil),
    ] as [([String: String], String?)])
  func defaultPath(environment: [String: String], expected: String?) {
    #expect(StateDirectory.defaultPath(name: "n", environment: environment) == expected)
  }
}
