import Glibc
import PluginSDK

/// A log that was opened. It stays open when the log is rotated, so that its last lines can still be read.
final class LogFile: Sendable {
  /// Tells a file from the one that takes its name after a rotation.
  struct Identity: Codable, Sendable, Equatable {
    let device: UInt64
    let inode: UInt64
  }

  let path: String
  let identity: Identity
  private let descriptor: Int32

  /// Opens a log. The corresponding C function is `open`.
  ///
  /// - Throws: `notFound` with the system's words.
  init(_ path: String) throws(PluginError) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw LogFile.failure(path, "be opened") }
    self.path = path
    guard let status = LogFile.status(of: descriptor) else {
      close(descriptor)
      throw LogFile.failure(path, "be examined")
    }
    guard status.isRegular else {
      close(descriptor)
      throw PluginError(.invalid, "\(path) is no regular file: set \"path\" to a text log")
    }
    identity = status.identity
  }

  /// Bytes in the file now.
  var size: Int { LogFile.status(of: descriptor)?.size ?? 0 }

  /// Whether the name stands for another file by now.
  var wasRotated: Bool {
    var raw = stat()
    guard unsafe stat(path, &raw) == 0 else { return false }
    return Identity(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino)) != identity
  }

  /// Reads at an offset; less than was asked only at the end of the file. The corresponding C function is `pread`.
  ///
  /// - Throws: `failed` with the system's words.
  func read(_ count: Int, at offset: Int) throws(PluginError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let n = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(
          descriptor, buffer.baseAddress.map { unsafe $0 + filled }, count - filled,
          off_t(offset + filled))
      }
      if n < 0, errno == EINTR { continue }
      guard n >= 0 else { throw LogFile.failure(path, "be read") }
      guard n > 0 else { break }
      filled += n
    }
    bytes.removeLast(count - filled)
    return bytes
  }

  private static func failure(_ path: String, _ what: String) -> PluginError {
    let code = errno
    let reason = unsafe String(cString: strerror(code))
    return PluginError(
      code == ENOENT ? .notFound : .failed,
      "\(path) cannot \(what): \(reason); set \"path\" to a log that this host may read")
  }

  private static func status(
    of descriptor: Int32
  ) -> (identity: Identity, size: Int, isRegular: Bool)? {
    var raw = stat()
    guard unsafe fstat(descriptor, &raw) == 0 else { return nil }
    return (
      Identity(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino)), Int(raw.st_size),
      raw.st_mode & S_IFMT == S_IFREG
    )
  }

  deinit {
    close(descriptor)
  }
}
