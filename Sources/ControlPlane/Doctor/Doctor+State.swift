import Glibc
import HostSupport

extension Doctor {
  /// The state directory: there, ours, closed to others, not `noexec`, with room, locked by nobody or by a living host.
  func stateDirectory() -> [DoctorCheck] {
    let path = location.stateDirectory
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      let error = SystemError("stat", path)
      guard error.code == ENOENT else {
        return [
          DoctorCheck(
            "state directory", .fail, error.description, fix: "choose another --state DIR")
        ]
      }
      return [DoctorCheck("state directory", .ok, "\(path) is not there yet: `run` makes it")]
        + mount(Doctor.existingAncestor(of: path))
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return [
        DoctorCheck(
          "state directory", .fail, "\(path) is no directory", fix: "choose another --state DIR")
      ]
    }
    return [modes(path, status)] + mount(path) + [lock(path)]
  }

  private func modes(_ path: String, _ status: stat) -> DoctorCheck {
    let name = "state directory"
    guard status.st_uid == geteuid() else {
      return DoctorCheck(
        name, .fail, "\(path) belongs to user \(status.st_uid), not to you (\(geteuid()))",
        fix: "sudo chown -R \(geteuid()) \(path), or choose another --state DIR")
    }
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      return DoctorCheck(
        name, .warn, "\(path) is open to others (mode \(mode)) until `run` closes it",
        fix: "chmod 700 \(path)")
    }
    return DoctorCheck(name, .ok, "\(path), mode 700, yours")
  }

  /// `ST_NOEXEC`, which Glibc's headers hide behind `_GNU_SOURCE`.
  private static let noExec: UInt = 8

  private func mount(_ path: String) -> [DoctorCheck] {
    var space = statvfs()
    guard unsafe statvfs(path, &space) == 0 else {
      return [DoctorCheck("state mount", .warn, SystemError("statvfs", path).description)]
    }
    if space.f_flag & Doctor.noExec != 0 {
      return [
        DoctorCheck(
          "state mount", .fail,
          "\(path) is on a file system mounted noexec: plugins cannot be mapped",
          fix: "choose a --state DIR on another file system, or remount it with exec")
      ]
    }
    let free = Int(clamping: UInt64(space.f_bavail) &* UInt64(space.f_frsize))
    guard free >= 64 << 20 else {
      return [
        DoctorCheck(
          "state mount", .warn, "only \(Views.bytes(free)) free at \(path)",
          fix: "free some space, or choose a --state DIR elsewhere")
      ]
    }
    return [DoctorCheck("state mount", .ok, "can execute, \(Views.bytes(free)) free")]
  }

  private func lock(_ path: String) -> DoctorCheck {
    let file = "\(path)/lock"
    guard let lock = try? FileDescriptor.open(file, O_RDONLY) else {
      return DoctorCheck("lock", .ok, "no host has used this directory")
    }
    guard flock(lock.raw, LOCK_SH | LOCK_NB) != 0 else {
      return DoctorCheck("lock", .ok, "free: no host uses this directory")
    }
    let holder = Doctor.text(of: file).flatMap { Int($0) }.map { " (pid \($0))" } ?? ""
    return DoctorCheck("lock", .ok, "held by a running host\(holder)")
  }

  private static func existingAncestor(of path: String) -> String {
    var path = path
    while let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      path = String(path[..<slash])
      if unsafe access(path, F_OK) == 0 { return path }
    }
    return "/"
  }
}
