import Glibc
public import HostSupport

/// The host's own control group (cgroup v2), below which each worker gets one with limits.
///
/// The group must have been delegated to the host: by systemd with `Delegate=yes`, or by running as root. Because a group with
/// processes cannot have limited children, the host moves itself into the child `host` first.
///
/// Threading: any thread.
public struct ControlGroups: Sendable {
  /// Why there are none: what is lacking and what would give it, in a sentence.
  public struct Unavailable: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    public let description: String
  }

  /// The host's group, whose children the workers' are.
  public let path: String

  /// Takes over a group.
  ///
  /// - Parameter path: Its folder, in a file system of cgroup v2, with no processes in it but this one.
  /// - Throws: Which step was refused, and what to do.
  public init(path: String) throws(Unavailable) {
    self.path = path
    let controllers = Self.read("\(path)/cgroup.controllers") ?? ""
    let present = Set(controllers.split { $0.isWhitespace }.map(String.init))
    let lacking = Self.controllers.filter { !present.contains($0) }
    guard lacking.isEmpty else {
      throw Unavailable(
        description:
          "the control group \(path) has no controller \(lacking.joined(separator: ", "));"
          + " mount cgroup v2 alone, and start the host with 'systemd-run --user -p Delegate=yes'"
          + " or in a unit with Delegate=yes")
    }
    do throws(SystemError) {
      let own = "\(path)/host"
      if unsafe mkdir(own, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", own) }
      try Self.write("\(getpid())", to: "\(own)/cgroup.procs")
      try Self.write(
        Self.controllers.map { "+\($0)" }.joined(separator: " "),
        to: "\(path)/cgroup.subtree_control")
    } catch {
      throw Unavailable(
        description: "the control group \(path) is not the host's to divide (\(error));"
          + " start the host in a unit with Delegate=yes, alone in its group")
    }
  }

  /// The group that this process is in.
  ///
  /// - Parameter processes: What to read instead of `/proc/self`, for tests.
  /// - Returns: The group, taken over.
  /// - Throws: Why it cannot be used.
  public static func own(processes: String = "/proc/self") throws(Unavailable) -> ControlGroups {
    let groups = read("\(processes)/cgroup") ?? ""
    guard let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
      throw Unavailable(
        description: "this machine has no control groups of version 2; boot it with"
          + " systemd.unified_cgroup_hierarchy=1")
    }
    guard let mount = mountPoint(read("\(processes)/mountinfo") ?? "") else {
      throw Unavailable(
        description: "control groups of version 2 are not mounted; mount them on /sys/fs/cgroup:"
          + " 'mount -t cgroup2 none /sys/fs/cgroup'")
    }
    let group = line.dropFirst(3)
    return try ControlGroups(path: group == "/" ? mount : mount + group)
  }

  /// Makes a group for a worker.
  ///
  /// - Parameters:
  ///   - name: The group's name, such as `greeter-3`; characters that no file name has are replaced.
  ///   - limits: What the group may use.
  /// - Returns: The group, without processes.
  /// - Throws: The system's error; nothing is left then.
  public func make(_ name: String, _ limits: WorkerLimits) throws(SystemError) -> ControlGroup {
    let group = ControlGroup(path: "\(path)/\(StagingRequest.safe(name))")
    guard unsafe mkdir(group.path, 0o755) == 0 || errno == EEXIST else {
      throw SystemError("mkdir", group.path)
    }
    do throws(SystemError) {
      for (file, value) in Self.settings(limits) {
        try Self.write(value, to: "\(group.path)/\(file)")
      }
    } catch {
      try? group.remove()
      throw error
    }
    return group
  }

  private static let controllers = ["cpu", "memory", "pids"]

  /// What is written to which file. `max` lifts what an earlier group of that name had.
  static func settings(_ limits: WorkerLimits) -> [(file: String, value: String)] {
    let period = 100_000
    let share = limits.cpuPercent > 0 ? "\(period / 100 * limits.cpuPercent)" : "max"
    var settings = [
      (file: "memory.max", value: limits.memory > 0 ? "\(limits.memory)" : "max"),
      (file: "memory.oom.group", value: "1"),
      (file: "pids.max", value: limits.threads > 0 ? "\(limits.threads)" : "max"),
      (file: "cpu.max", value: "\(share) \(period)"),
    ]
    // A worker that is over its limit is to be ended, not to slow the machine down. Kernels without swap have no such file.
    if FileStatus.exists("/proc/swaps") {
      settings.append((file: "memory.swap.max", value: limits.memory > 0 ? "0" : "max"))
    }
    return settings
  }

  /// Where cgroup v2 is mounted, from a text as `/proc/self/mountinfo` has it.
  static func mountPoint(_ mounts: String) -> String? {
    for line in mounts.split(separator: "\n") {
      let halves = line.split(separator: " - ", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, halves[1].hasPrefix("cgroup2 ") else { continue }
      let fields = halves[0].split(separator: " ")
      if fields.count > 4 { return String(fields[4]) }
    }
    return nil
  }

  static func read(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(path, O_RDONLY),
      let bytes = try? file.read(1 << 20, at: 0)
    else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  static func write(_ text: String, to path: String) throws(SystemError) {
    // The files are there; a folder of a test has none.
    let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o644)
    do throws(SystemError) { try file.write(Array(text.utf8)) } catch {
      throw SystemError(error.call, path, code: error.code)
    }
  }
}
