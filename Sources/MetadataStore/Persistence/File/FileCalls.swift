import Glibc
import HostSupport

/// The system calls of the file provider, one function each.
///
/// `unsafe` stands where Swift lends bytes to a C function, which keeps none of them.
enum FileCalls {
  /// Makes a folder with mode 0700. The corresponding C function is `mkdirat`.
  ///
  /// - Returns: False when it is there already.
  static func makeFolder(
    _ name: String, in folder: borrowing Directory
  ) throws(SystemError) -> Bool {
    if unsafe mkdirat(folder.descriptor.raw, name, 0o700) == 0 { return true }
    guard errno == EEXIST else { throw SystemError("mkdir", folder.path(of: name)) }
    return false
  }

  /// Removes an empty folder. The corresponding C function is `unlinkat`.
  static func removeFolder(
    _ name: String, in folder: borrowing Directory
  ) throws(SystemError) {
    guard unsafe unlinkat(folder.descriptor.raw, name, AT_REMOVEDIR) == 0 else {
      throw SystemError("rmdir", folder.path(of: name))
    }
  }

  /// Writes all bytes at an offset. The corresponding C function is `pwrite`.
  static func write(
    _ bytes: [UInt8], to file: borrowing FileDescriptor, at offset: Int
  ) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(
          file.raw, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done,
          off_t(offset + done))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write")
      }
      done += count
    }
  }

  /// Locks an open folder against other processes. The corresponding C function is `flock`.
  ///
  /// - Returns: False when somebody else has it.
  static func lock(_ folder: borrowing Directory) throws(SystemError) -> Bool {
    if flock(folder.descriptor.raw, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw SystemError("flock", folder.path) }
    return false
  }

  /// Gives a lock back, also when a child between `fork` and `exec` still has the file. The corresponding C function is `flock`.
  static func unlock(_ folder: borrowing Directory) {
    flock(folder.descriptor.raw, LOCK_UN)
  }

  /// Whether a name is in a folder, links not followed. The corresponding C function is `faccessat`.
  static func exists(_ name: String, in folder: borrowing Directory) -> Bool {
    unsafe faccessat(folder.descriptor.raw, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// What reading a file came to.
  enum Reading {
    case bytes
    case absent
    /// It is a link, a folder or a device.
    case irregular
    case tooLong
  }

  /// Reads a file: `openat`, `read`, `close` for a small one.
  ///
  /// - Parameters:
  ///   - name: The file's name, or a path below the folder.
  ///   - folder: Where it is.
  ///   - limit: The most bytes that it may have.
  ///   - buffer: Becomes its bytes.
  /// - Returns: Whether it did.
  /// - Throws: The system's error.
  static func read(
    _ name: String, in folder: borrowing Directory, limit: Int, into buffer: inout [UInt8]
  ) throws(SystemError) -> Reading {
    do throws(SystemError) {
      let file = try folder.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let small = 4096
      buffer = try readOnce(small, of: file, name)
      guard buffer.count == small else { return .bytes }
      let status = try file.status()
      guard status.isRegular else { return .irregular }
      guard status.size <= limit else { return .tooLong }
      buffer += try file.read(status.size - small, at: small)
      return .bytes
    } catch {
      switch error.code {
      case ENOENT, ENOTDIR: return .absent
      case ELOOP, ENXIO, ENODEV, EISDIR: return .irregular
      default: throw error
      }
    }
  }

  /// Reads at most so many bytes from the start of a file; fewer mean that it ends there.
  private static func readOnce(
    _ count: Int, of file: borrowing FileDescriptor, _ name: String
  ) throws(SystemError) -> [UInt8] {
    var found = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      repeat {
        found = unsafe Glibc.read(file.raw, buffer.baseAddress, count)
      } while found < 0 && errno == EINTR
      filled = max(found, 0)
    }
    guard found >= 0 else { throw SystemError("read", name) }
    return bytes
  }

  /// The place of a byte at or after another place. The corresponding C function is `memchr`.
  static func find(_ byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
    guard start < bytes.count else { return nil }
    return unsafe bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress,
        let found = unsafe memchr(base + start, Int32(byte), buffer.count - start)
      else { return nil }
      return unsafe base.distance(to: UnsafeRawPointer(found))
    }
  }
}
