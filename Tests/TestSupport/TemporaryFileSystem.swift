import Glibc
public import HostSupport

/// A file system in memory, mounted on a folder of its own: only for tests that run as root.
public final class TemporaryFileSystem: Sendable {
  private let directory = TemporaryDirectory()
  /// Where it is mounted.
  public var path: String { directory.path }

  /// Whether this process may mount one.
  public static let isPossible = (try? TemporaryFileSystem()) != nil

  /// Mounts one. The corresponding C function is `mount`.
  ///
  /// - Parameter options: Of `tmpfs`, such as `size=64k`.
  /// - Throws: The system's error.
  public init(options: String = "") throws(SystemError) {
    guard unsafe mount("none", directory.path, "tmpfs", 0, options) == 0 else {
      throw SystemError("mount", directory.path)
    }
  }

  /// Mounts it anew with other options, such as `ro`.
  ///
  /// - Throws: The system's error.
  public func remount(_ options: String) throws(SystemError) {
    let isReadOnly = options == "ro"
    let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
    let rest = isReadOnly || options == "rw" ? "" : options
    guard unsafe mount("none", directory.path, "tmpfs", flags, rest) == 0 else {
      throw SystemError("mount", directory.path)
    }
  }

  deinit { unsafe umount2(directory.path, Int32(MNT_DETACH)) }
}
