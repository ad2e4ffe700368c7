import FoundationEssentials
import Glibc
import HostSupport
import TestSupport

extension Zoo {
  /// A host under a supervisor that starts it again at once.
  static func supervised(
    _ supervise: String = "", _ more: String = "", flags: [String] = []
  ) throws -> Zoo {
    let settings = supervise.isEmpty ? "" : ", \(supervise)"
    return try Zoo(
      configuration: #"{"supervise": {"firstDelay": 1\#(settings)}\#(more)}"#,
      flags: ["--supervise"] + flags)
  }

  /// What the host says of itself; `nil` while there is none.
  var report: JSON? {
    (try? SocketClient("\(host.state)/control.sock").ask("host.info"))?["result"]
  }

  /// The process of the host that its supervisor started, once it serves.
  ///
  /// - Parameter former: Not this one.
  /// - Returns: Its id; `nil` when there is none within the deadline.
  /// - Throws: `HostDied` when the supervisor has ended.
  func hostPid(after former: Int32 = 0) throws -> Int32? {
    try Condition.wait { () -> Int32? in
      if !host.isRunning { throw HostDied(log: host.log) }
      guard let pid = report?["pid"]?.int, pid != former else { return nil }
      return Int32(pid)
    }
  }

  /// Waits until a process has ended, whether somebody has asked how or not.
  static func isGone(_ pid: Int32) -> Bool {
    Condition.holds { hasEnded(pid) }
  }

  /// Whether a process has ended.
  static func hasEnded(_ pid: Int32) -> Bool {
    guard let file = try? FileDescriptor.open("/proc/\(pid)/stat", O_RDONLY),
      let bytes = try? file.read(1024, at: 0)
    else { return true }
    return String(decoding: bytes, as: UTF8.self).contains(") Z ")
  }

  /// The processes that a process started and that have not ended.
  static func children(of pid: Int32) throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
      guard let file = try? FileDescriptor.open("/proc/\($0)/stat", O_RDONLY),
        let bytes = try? file.read(1024, at: 0)
      else { return false }
      let rest = String(decoding: bytes, as: UTF8.self).split(separator: ")").last ?? ""
      let fields = rest.split(separator: " ")
      return fields.count > 1 && fields[0] != "Z" && Int32(fields[1]) == pid
    }
  }
}
