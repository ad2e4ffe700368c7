import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite("Control groups of workers")
struct ControlGroupTests {
  /// A folder that looks like the file system of control groups.
  private func tree(controllers: String = "cpuset cpu io memory pids") throws -> TemporaryDirectory
  {
    let tree = TemporaryDirectory()
    try write(controllers + "\n", to: tree.file("cgroup.controllers"))
    return tree
  }

  private func write(_ text: String, to path: String) throws {
    try FileDescriptor.open(path, O_WRONLY | O_CREAT).write(Array(text.utf8))
  }

  private func read(_ path: String) -> String? { ControlGroups.read(path) }

  @Test("The host moves into a group of its own and divides the one that it was in")
  func takingOver() throws {
    let tree = try tree()
    let groups = try ControlGroups(path: tree.path)
    #expect(read("\(groups.path)/host/cgroup.procs") == "\(getpid())")
    #expect(read(tree.file("cgroup.subtree_control")) == "+cpu +memory +pids")
  }

  @Test("A worker's group has its limits, takes its process, and goes")
  func worker() throws {
    let tree = try tree()
    var limits = WorkerLimits()
    limits.memory = 1 << 26
    limits.cpuPercent = 150
    limits.threads = 7
    let group = try ControlGroups(path: tree.path).make("worker a/b-1", limits)
    #expect(group.path == tree.file("worker_a_b-1"))
    #expect(read("\(group.path)/memory.max") == "67108864")
    #expect(read("\(group.path)/cpu.max") == "150000 100000")
    #expect(read("\(group.path)/pids.max") == "7")
    try group.add(1_234)
    #expect(read("\(group.path)/cgroup.procs") == "1234")
    try group.kill()
    #expect(read("\(group.path)/cgroup.kill") == "1")
    try write("5242880\n", to: "\(group.path)/memory.current")
    try write("low 0\noom 2\noom_kill 3\n", to: "\(group.path)/memory.events")
    #expect(group.memory == 5_242_880)
    #expect(group.outOfMemoryKills == 3)
  }

  @Test("Without a limit, the group's is lifted")
  func unlimited() {
    var limits = WorkerLimits()
    limits.memory = 0
    limits.threads = 0
    let settings = Dictionary(uniqueKeysWithValues: ControlGroups.settings(limits).map { ($0, $1) })
    #expect(settings["memory.max"] == "max")
    #expect(settings["pids.max"] == "max")
    #expect(settings["cpu.max"] == "max 100000")
  }

  @Test("What is lacking is named with what to do")
  func unavailable() throws {
    let bare = try tree(controllers: "cpu pids")
    #expect(throws: ControlGroups.Unavailable.self) { try ControlGroups(path: bare.path) }
    do throws(ControlGroups.Unavailable) { _ = try ControlGroups(path: bare.path) } catch {
      #expect(
        error.description == "the control group \(bare.path) has no controller memory;"
          + " mount cgroup v2 alone, and start the host with 'systemd-run --user -p Delegate=yes'"
          + " or in a unit with Delegate=yes")
    }
    let processes = TemporaryDirectory()
    try write("4:memory:/x\n", to: processes.file("cgroup"))
    let without = #expect(throws: ControlGroups.Unavailable.self) {
      try ControlGroups.own(processes: processes.path)
    }
    #expect(without?.description.contains("has no control groups of version 2") == true)
    let unmounted = TemporaryDirectory()
    try write("0::/a\n", to: unmounted.file("cgroup"))
    try write("30 29 0:26 / /sys rw - sysfs sysfs rw\n", to: unmounted.file("mountinfo"))
    let nowhere = #expect(throws: ControlGroups.Unavailable.self) {
      try ControlGroups.own(processes: unmounted.path)
    }
    #expect(nowhere?.description.contains("are not mounted") == true)
  }

  @Test("The process's own group is found below where they are mounted")
  func own() throws {
    let tree = try tree()
    let processes = TemporaryDirectory()
    _ = unsafe mkdir(tree.file("unit"), 0o700)
    try write("cpu memory pids\n", to: tree.file("unit/cgroup.controllers"))
    try write("1:name=systemd:/x\n0::/unit\n", to: processes.file("cgroup"))
    try write(
      "36 25 0:31 / \(tree.path) rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
      to: processes.file("mountinfo"))
    #expect(try ControlGroups.own(processes: processes.path).path == tree.file("unit"))
  }

  @Test(
    "Beside groups of version 1 there are none, and the message says what is lacking",
    .enabled(if: (ControlGroups.read("/proc/self/cgroup") ?? "").contains(":memory:")))
  func versionOne() {
    let error = #expect(throws: ControlGroups.Unavailable.self) { try ControlGroups.own() }
    #expect(error?.description.contains("no controller") == true)
  }
}
