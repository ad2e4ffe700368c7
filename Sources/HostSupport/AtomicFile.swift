import Glibc

/// Files that are replaced whole: a reader, or the next start after a power loss, sees the old bytes or the new ones.
public enum AtomicFile {
  /// Replaces a file: a temporary file beside it, `fsync`, `rename`, `fsync` of the directory.
  ///
  /// - Parameters:
  ///   - bytes: The new contents.
  ///   - name: The file's name in the directory.
  ///   - directory: Where the file lies.
  ///   - durable: Whether to wait for the disk; without, a power loss may leave an empty file.
  /// - Throws: The system's error; the old file is then still there.
  public static func write(
    _ bytes: [UInt8], to name: String, in directory: borrowing Directory, durable: Bool = true
  ) throws(SystemError) {
    let temporary = ".\(name).\(getpid()).tmp"
    do throws(SystemError) {
      let file = try directory.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
      try file.write(bytes)
      if durable { try file.sync() }
      try directory.rename(temporary, to: name)
    } catch {
      _ = try? directory.remove(temporary)
      throw SystemError(error.call, directory.path(of: name), code: error.code)
    }
    if durable { try directory.sync() }
  }

  /// Reads a whole file.
  ///
  /// - Parameters:
  ///   - name: The file's name in the directory.
  ///   - directory: Where the file lies.
  ///   - limit: The most bytes that it may have.
  /// - Returns: Its bytes, or `nil` when there is no such file.
  /// - Throws: The system's error; `EFBIG` for a file over the limit.
  public static func read(
    _ name: String, in directory: borrowing Directory, limit: Int = 16 << 20
  ) throws(SystemError) -> [UInt8]? {
    do throws(SystemError) {
      let file = try directory.open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
      let size = try file.status().size
      guard size <= limit else { throw SystemError("read", directory.path(of: name), code: EFBIG) }
      return try file.read(size, at: 0)
    } catch  where error.code == ENOENT {
      return nil
    }
  }

  /// Moves a file that cannot be understood out of the way, keeping it for a person to look at.
  ///
  /// - Parameters:
  ///   - name: The file's name in the directory.
  ///   - directory: Where the file lies.
  /// - Returns: The name that it has now.
  /// - Throws: The system's error.
  @discardableResult
  public static func setAside(
    _ name: String, in directory: borrowing Directory
  ) throws(SystemError) -> String {
    let aside = "\(name).damaged"
    try directory.rename(name, to: aside)
    return aside
  }
}
