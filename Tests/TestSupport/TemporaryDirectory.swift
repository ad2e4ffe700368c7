import FoundationEssentials
import Glibc

/// A fresh directory that is removed with everything in it when the value is released.
public final class TemporaryDirectory: Sendable {
  /// The directory's absolute path, without a final slash.
  public let path: String

  /// Makes the directory below `TMPDIR` or `/tmp`.
  ///
  /// - Parameters:
  ///   - inMemory: Whether it is in `/dev/shm` where that can be: for tests that sync much and need no disk.
  ///   - executable: Whether code is mapped from it, which the mount must allow.
  public init(inMemory: Bool = false, executable: Bool = false) {
    let isShared = inMemory && Self.isUsable("/dev/shm", executable: executable)
    let temporary = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    let base = isShared ? "/dev/shm" : temporary
    var template = Array("\(base)/dovetail-test-XXXXXX".utf8CString)
    guard let made = unsafe mkdtemp(&template) else { preconditionFailure("mkdtemp in \(base)") }
    path = unsafe String(cString: made)
  }

  private static func isUsable(_ folder: String, executable: Bool) -> Bool {
    var mount = statvfs()
    let noExecute: UInt = 8  // ST_NOEXEC, which Glibc's module does not show
    guard unsafe access(folder, W_OK) == 0, unsafe statvfs(folder, &mount) == 0 else {
      return false
    }
    return !executable || mount.f_flag & noExecute == 0
  }

  /// The path of a file in the directory.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
