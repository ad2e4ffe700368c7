import CHostSupport
import Glibc
import HostSupport
import PluginHost

extension Doctor {
  /// The Swift runtime that this process really uses.
  func runtime() -> DoctorCheck {
    DoctorCheck(
      "runtime", .ok,
      "built with Swift \(HostVersion.toolchain); Swift plugins must be built with the same")
  }

  /// The kernel and what it must be able to do.
  func kernel() -> DoctorCheck {
    let release = Doctor.text(of: "/proc/sys/kernel/osrelease") ?? "unknown"
    guard hs_has_membarrier() != 0 else {
      return DoctorCheck(
        "kernel", .fail, "Linux \(release) does not let this process use membarrier",
        fix: "run on Linux 4.14 or newer, and let the seccomp profile allow membarrier")
    }
    return DoctorCheck("kernel", .ok, "Linux \(release) with membarrier")
  }

  /// Watching plugin folders takes one watch each.
  func inotifyWatches() -> DoctorCheck {
    limit(
      "inotify watches", "/proc/sys/fs/inotify/max_user_watches", least: 1_024,
      fix: "sysctl fs.inotify.max_user_watches=65536")
  }

  /// Each host that watches takes one instance.
  func inotifyInstances() -> DoctorCheck {
    limit(
      "inotify instances", "/proc/sys/fs/inotify/max_user_instances", least: 16,
      fix: "sysctl fs.inotify.max_user_instances=128")
  }

  private static let fewestFiles: rlim_t = 1_024

  /// A host needs some descriptors for each plugin and each client.
  func openFiles() -> DoctorCheck {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(kind, &limit) == 0 else {
      return DoctorCheck(
        "open files", .warn, SystemError("getrlimit").description,
        fix: "let the seccomp profile allow getrlimit")
    }
    guard limit.rlim_cur < Doctor.fewestFiles else {
      return DoctorCheck("open files", .ok, "up to \(limit.rlim_cur) at a time")
    }
    let raise =
      limit.rlim_max < Doctor.fewestFiles
      ? "as root, raise the hard limit of \(limit.rlim_max) (limits.conf), then ulimit -n"
      : "ulimit -n"
    return DoctorCheck(
      "open files", .warn, "only \(limit.rlim_cur) at a time",
      fix: "\(raise) \(Doctor.fewestFiles); LimitNOFILE=\(Doctor.fewestFiles) in a systemd unit")
  }

  private func limit(_ name: String, _ path: String, least: Int, fix: String) -> DoctorCheck {
    guard let text = Doctor.text(of: path), let value = Int(text) else {
      return DoctorCheck(name, .warn, "\(path) cannot be read", fix: "mount /proc")
    }
    guard value < least else { return DoctorCheck(name, .ok, "up to \(value)") }
    return DoctorCheck(name, .warn, "only \(value)", fix: fix)
  }

  /// The first line of a small file.
  static func text(of path: String) -> String? {
    guard let file = try? FileDescriptor.open(path, O_RDONLY | O_NONBLOCK),
      let bytes = try? file.read(4_096, at: 0)
    else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
