import Glibc
import HostSupport

/// The system calls of the file provider, one function each.
///
/// `unsafe` stands where Swift lends a string's bytes to a C function, which keeps none of them.
enum FileCalls {
  /// The corresponding C function is `rename`.
  static func rename(_ from: String, _ to: String) throws(SystemError) {
    if unsafe Glibc.rename(from, to) != 0 { throw SystemError("rename", to) }
  }

  /// The corresponding C function is `unlink`; a file that is absent already is no error.
  static func unlink(_ path: String) throws(SystemError) {
    if unsafe Glibc.unlink(path) != 0, errno != ENOENT { throw SystemError("unlink", path) }
  }

  /// Makes a folder with mode 0700. The corresponding C function is `mkdir`.
  ///
  /// - Returns: False when it is there already.
  static func makeFolder(_ path: String) throws(SystemError) -> Bool {
    if unsafe mkdir(path, 0o700) == 0 { return true }
    guard errno == EEXIST else { throw SystemError("mkdir", path) }
    _ = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    return false
  }

  /// Waits until a folder's entries are on the disk. The corresponding C function is `fsync`.
  static func syncFolder(_ path: String) throws(SystemError) {
    try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY).sync()
  }

  /// Waits until a file that was written earlier is on the disk. The corresponding C function is `fsync`.
  static func syncFile(_ path: String) throws(SystemError) {
    try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW).sync()
  }

  /// Locks an open file against other processes. The corresponding C function is `flock`.
  ///
  /// - Returns: False when somebody else has it.
  static func lock(_ descriptor: borrowing FileDescriptor) throws(SystemError) -> Bool {
    if flock(descriptor.raw, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw SystemError("flock") }
    return false
  }

  /// Gives a lock back, also when a child between `fork` and `exec` still has the file. The corresponding C function is `flock`.
  static func unlock(_ descriptor: borrowing FileDescriptor) {
    flock(descriptor.raw, LOCK_UN)
  }

  /// Whether something is at a path. The corresponding C function is `access`.
  static func exists(_ path: String) -> Bool {
    unsafe access(path, F_OK) == 0
  }

  /// Whether a path is a folder, not through a link. The corresponding C function is `lstat`.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Reads a regular file, or `nil` when it is absent, no regular file, or longer than `limit`.
  static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
    let file: FileDescriptor
    do throws(SystemError) {
      file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    } catch  where [ENOENT, ELOOP, ENXIO].contains(error.code) {
      return nil
    }
    var status = stat()
    guard unsafe fstat(file.raw, &status) == 0 else { throw SystemError("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { return nil }
    return try file.read(Int(status.st_size), at: 0)
  }
}
