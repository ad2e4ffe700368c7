public import Glibc

/// An open file of this process, closed when it goes out of scope.
///
/// Threading: may be moved between threads; concurrent reads at explicit offsets are safe.
public struct FileDescriptor: ~Copyable, Sendable {
  /// The number that system calls take. Borrowed: do not close it.
  public let raw: Int32

  /// Takes over a descriptor that is open already.
  public init(owning raw: Int32) {
    self.raw = raw
  }

  /// Opens a file. The corresponding C function is `open`; `O_CLOEXEC` is always added.
  ///
  /// - Parameters:
  ///   - path: The file's path.
  ///   - flags: `O_RDONLY`, `O_CREAT`, … joined by `|`.
  ///   - mode: Permission bits of a created file.
  /// - Returns: The open file.
  /// - Throws: The system's error.
  public static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0o600
  ) throws(SystemError) -> FileDescriptor {
    while true {
      let raw = unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
      if raw >= 0 { return FileDescriptor(owning: raw) }
      if errno != EINTR { throw SystemError("open", path) }
    }
  }

  /// Reads up to `count` bytes at `offset`; fewer only at the end of the file. The corresponding C function is `pread`.
  ///
  /// - Parameters:
  ///   - count: Bytes wanted, 0…1 GiB.
  ///   - offset: Bytes from the start of the file.
  /// - Returns: The bytes there were.
  /// - Throws: The system's error.
  public func read(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let n = unsafe pread(
          raw, buffer.baseAddress.map { unsafe $0 + filled }, count - filled,
          off_t(offset + filled))
        if n == 0 { break }
        if n < 0 {
          if errno == EINTR { continue }
          failure = errno
          break
        }
        filled += n
      }
    }
    if failure != 0 { throw SystemError("pread", code: failure) }
    return bytes
  }

  /// Writes all bytes at the current position. The corresponding C function is `write`.
  ///
  /// - Parameter bytes: What to write.
  /// - Throws: The system's error; a prefix may have been written.
  public func write(_ bytes: [UInt8]) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let n = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(raw, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
      }
      if n < 0 {
        if errno == EINTR { continue }
        throw SystemError("write")
      }
      done += n
    }
  }

  /// Waits until the file's data and metadata are on the disk. The corresponding C function is `fsync`.
  ///
  /// - Throws: The system's error; the file must then be considered not written.
  public func sync() throws(SystemError) {
    if fsync(raw) != 0 { throw SystemError("fsync") }
  }

  /// Waits until the file's data, and as much of its metadata as reading them takes, are on the disk. The corresponding C
  /// function is `fdatasync`.
  ///
  /// - Throws: The system's error; the file must then be considered not written.
  public func syncData() throws(SystemError) {
    if fdatasync(raw) != 0 { throw SystemError("fdatasync") }
  }

  /// Cuts the file. The corresponding C function is `ftruncate`.
  ///
  /// - Parameter size: Bytes that are left.
  /// - Throws: The system's error.
  public func truncate(to size: Int) throws(SystemError) {
    while ftruncate(raw, off_t(size)) != 0 {
      if errno != EINTR { throw SystemError("ftruncate") }
    }
  }

  /// Gives the descriptor away without closing it.
  ///
  /// - Returns: The number, now the caller's to close.
  public consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  deinit {
    Glibc.close(raw)
  }
}
