import Glibc
public import HostSupport

/// A control group (cgroup v2) of one worker: its limits hold for all that the worker starts.
///
/// Threading: any thread.
public struct ControlGroup: Sendable, Equatable {
  /// The group's folder.
  public let path: String

  /// Puts a process into the group. The file is `cgroup.procs`.
  ///
  /// - Throws: The system's error.
  public func add(_ pid: Int32) throws(SystemError) {
    try ControlGroups.write("\(pid)", to: "\(path)/cgroup.procs")
  }

  /// Ends every process in the group by SIGKILL. The file is `cgroup.kill`, which Linux has since 5.14.
  ///
  /// - Throws: The system's error.
  public func kill() throws(SystemError) {
    try ControlGroups.write("1", to: "\(path)/cgroup.kill")
  }

  /// Removes the group, which must have no processes any more.
  ///
  /// - Throws: The system's error, `EBUSY` while there are some.
  public func remove() throws(SystemError) {
    if unsafe rmdir(path) != 0, errno != ENOENT { throw SystemError("rmdir", path) }
  }

  /// Bytes that the group holds now; `nil` when the system does not say. The file is `memory.current`.
  public var memory: Int? {
    ControlGroups.read("\(path)/memory.current").flatMap { Int($0) }
  }

  /// How many of its processes were ended because the group's memory was used up. The file is `memory.events`.
  public var outOfMemoryKills: Int {
    let lines = ControlGroups.read("\(path)/memory.events")?.split(separator: "\n") ?? []
    for line in lines where line.hasPrefix("oom_kill ") {
      return Int(line.dropFirst("oom_kill ".count)) ?? 0
    }
    return 0
  }
}
