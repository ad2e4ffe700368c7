public import Glibc

/// What the file system knows of a file; two equal ones mean that the file did not change in between.
public struct FileStatus: Sendable, Hashable {
  /// The device that the file lies on.
  public let device: UInt64
  /// The file's number on the device.
  public let inode: UInt64
  /// Bytes.
  public let size: Int
  /// Nanoseconds since 1970 of the last change of the bytes.
  public let modified: Int64
  /// Nanoseconds since 1970 of the last change of the bytes or of the inode.
  public let changed: Int64
  /// Type and permission bits, as in `st_mode`.
  public let mode: mode_t
  /// The user whose file it is.
  public let owner: uid_t
  /// The group of the file.
  public let group: gid_t

  /// Takes what `stat` gave.
  public init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
    mode = status.st_mode
    owner = status.st_uid
    group = status.st_gid
  }

  /// Whether it is a regular file.
  public var isRegular: Bool { mode & S_IFMT == S_IFREG }

  /// Whether it is a directory.
  public var isDirectory: Bool { mode & S_IFMT == S_IFDIR }

  /// Whether there is anything at a path, a dangling symbolic link included. The corresponding C function is `lstat`.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }
}

extension FileDescriptor {
  /// What is known of the open file. The corresponding C function is `fstat`.
  ///
  /// - Throws: The system's error.
  public func status() throws(SystemError) -> FileStatus {
    var status = stat()
    if unsafe fstat(raw, &status) != 0 { throw SystemError("fstat") }
    return FileStatus(status)
  }
}
