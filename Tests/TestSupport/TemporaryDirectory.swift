import FoundationEssentials
import Glibc

/// A fresh directory that is removed with everything in it when the value is released.
public final class TemporaryDirectory: Sendable {
  /// The directory's absolute path, without a final slash.
  public let path: String

  /// Makes the directory below `TMPDIR` or `/tmp`.
  public init() {
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
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
