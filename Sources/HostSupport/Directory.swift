public import Glibc

/// An open directory: names in it are looked up without walking its path again.
///
/// Threading: may be used from several threads at once.
public struct Directory: ~Copyable, Sendable {
  /// Its descriptor. Borrowed: do not close it.
  public let descriptor: FileDescriptor
  /// The path that it was opened by, for messages and for functions that need one.
  public let path: String

  /// Opens a directory. The corresponding C function is `open` with `O_DIRECTORY`.
  ///
  /// - Parameter path: The directory's path.
  /// - Throws: The system's error.
  public init(_ path: String) throws(SystemError) {
    descriptor = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    self.path = path
  }

  private init(descriptor: consuming FileDescriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// The path of a name in the directory.
  public func path(of name: String) -> String { "\(path)/\(name)" }

  /// Opens a file in the directory. The corresponding C function is `openat`; `O_CLOEXEC` is always added.
  ///
  /// - Parameters:
  ///   - name: The file's name, or a path below the directory.
  ///   - flags: `O_RDONLY`, `O_CREAT`, … joined by `|`.
  ///   - mode: Permission bits of a created file.
  /// - Returns: The open file.
  /// - Throws: The system's error.
  public func open(
    _ name: String, _ flags: Int32, mode: mode_t = 0o600
  ) throws(SystemError) -> FileDescriptor {
    while true {
      let raw = unsafe openat(descriptor.raw, name, flags | O_CLOEXEC, mode)
      if raw >= 0 { return FileDescriptor(owning: raw) }
      if errno != EINTR { throw SystemError("openat", path(of: name)) }
    }
  }

  /// Opens a directory in the directory.
  ///
  /// - Parameter name: Its name, or a path below the directory.
  /// - Returns: The open directory.
  /// - Throws: The system's error.
  public func directory(_ name: String) throws(SystemError) -> Directory {
    Directory(descriptor: try open(name, O_RDONLY | O_DIRECTORY), path: path(of: name))
  }

  /// Makes a directory for its owner only, unless it is there. The corresponding C function is `mkdirat`.
  ///
  /// - Parameter name: Its name, or a path below the directory whose parents exist.
  /// - Throws: The system's error.
  public func makeDirectory(_ name: String) throws(SystemError) {
    if unsafe mkdirat(descriptor.raw, name, 0o700) != 0, errno != EEXIST {
      throw SystemError("mkdirat", path(of: name))
    }
  }

  /// Renames within the directory, replacing what was there. The corresponding C function is `renameat`.
  ///
  /// - Throws: The system's error; then nothing has changed.
  public func rename(_ old: String, to new: String) throws(SystemError) {
    if unsafe renameat(descriptor.raw, old, descriptor.raw, new) != 0 {
      throw SystemError("renameat", path(of: old))
    }
  }

  /// Removes a file if it is there. The corresponding C function is `unlinkat`.
  ///
  /// - Returns: Whether it was there.
  /// - Throws: The system's error.
  @discardableResult
  public func remove(_ name: String) throws(SystemError) -> Bool {
    if unsafe unlinkat(descriptor.raw, name, 0) == 0 { return true }
    if errno == ENOENT { return false }
    throw SystemError("unlinkat", path(of: name))
  }

  /// Removes a directory with everything in it, if it is there. Symbolic links are removed, not followed.
  ///
  /// - Throws: The system's first error; the rest is removed nevertheless.
  public func removeTree(_ name: String) throws(SystemError) {
    let inner: Directory
    do {
      inner = Directory(
        descriptor: try open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path: path(of: name))
    } catch  where error.code == ENOENT {
      return
    } catch  where error.code == ENOTDIR || error.code == ELOOP {
      try remove(name)
      return
    }
    var failure: SystemError?
    for entry in try inner.names() {
      do throws(SystemError) {
        try inner.removeAny(entry)
      } catch {
        failure = failure ?? error
      }
    }
    if unsafe unlinkat(descriptor.raw, name, AT_REMOVEDIR) != 0, errno != ENOENT {
      throw failure ?? SystemError("unlinkat", path(of: name))
    }
  }

  private func removeAny(_ name: String) throws(SystemError) {
    do throws(SystemError) {
      try remove(name)
    } catch {
      guard error.code == EISDIR || error.code == EPERM else { throw error }
      try removeTree(name)
    }
  }

  /// The names in the directory but `.` and `..`, sorted by their bytes. The corresponding C function is `readdir`.
  ///
  /// - Throws: The system's error. A name that is not UTF-8 appears repaired and cannot be opened by it.
  public func names() throws(SystemError) -> [String] {
    // A descriptor of its own: `fdopendir` takes it over, and the position in it is not shared.
    let own = try open(".", O_RDONLY | O_DIRECTORY).release()
    guard let stream = unsafe fdopendir(own) else {
      let error = SystemError("fdopendir", path)
      close(own)
      throw error
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno != 0 { throw SystemError("readdir", path) }
        return names.sorted()
      }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  /// What is known of a name in the directory, links followed. The corresponding C function is `fstatat`.
  ///
  /// - Throws: The system's error.
  public func status(of name: String) throws(SystemError) -> FileStatus {
    var status = stat()
    if unsafe fstatat(descriptor.raw, name, &status, 0) != 0 {
      throw SystemError("fstatat", path(of: name))
    }
    return FileStatus(status)
  }

  /// Waits until the directory's entries are on the disk. The corresponding C function is `fsync`.
  ///
  /// - Throws: The system's error.
  public func sync() throws(SystemError) {
    try descriptor.sync()
  }
}
