import FoundationEssentials
import Glibc

/// A fresh directory that is removed with everything in it when the value is released.
public final class TemporaryDirectory: Sendable {
  /// The directory's absolute path, without a final slash.
  public let path: String

  /// Makes the directory below `TMPDIR` or `/tmp`.
  ///
  /// - Parameter inMemory: Whether it is in `/dev/shm` where that can be: for tests that sync much and need no disk.
  public init(inMemory: Bool = false) {
    let isShared = unsafe inMemory && access("/dev/shm", W_OK) == 0
    let temporary = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    let base = isShared ? "/dev/shm" : temporary
    var template = Array("\(base)/dovetail-test-XXXXXX".utf8CString)
    guard let made = unsafe mkdtemp(&template) else { preconditionFailure("mkdtemp in \(base)") }
    path = unsafe String(cString: made)
  }

  /// The path of a file in the directory.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
