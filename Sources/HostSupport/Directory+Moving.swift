import CHostSupport

extension Directory {
  /// Moves a file from another directory of the same file system. The corresponding C function is `renameat2`.
  ///
  /// - Parameters:
  ///   - name: The file's name there.
  ///   - source: Where it is.
  ///   - new: Its name here.
  ///   - exchanging: Whether what has that name goes to the other place; else it is replaced.
  /// - Throws: The system's error; then nothing has changed. `EINVAL` when the file system cannot exchange.
  public func take(
    _ name: String, from source: borrowing Directory, as new: String, exchanging: Bool = false
  ) throws(SystemError) {
    let code = unsafe hs_move(
      source.descriptor.raw, name, descriptor.raw, new, exchanging ? 1 : 0)
    guard code == 0 else { throw SystemError("rename", path(of: new), code: code) }
  }

  /// Waits until everything that the directory's file system was given is on the disk. The corresponding C function is `syncfs`.
  ///
  /// - Throws: The system's error, also of writes since the directory was opened that nobody waited for.
  public func syncFileSystem() throws(SystemError) {
    let code = hs_sync_file_system(descriptor.raw)
    guard code == 0 else { throw SystemError("syncfs", path, code: code) }
  }
}

extension FileDescriptor {
  /// Gives the file blocks ahead of its contents, zeros, where the file system can. The corresponding C function is `fallocate`.
  ///
  /// - Parameters:
  ///   - start: The first byte.
  ///   - end: The byte after the last, which becomes the file's size unless that is greater.
  /// - Throws: The system's error.
  public func allocate(from start: Int, to end: Int) throws(SystemError) {
    let code = hs_allocate(raw, Int64(start), Int64(end - start))
    guard code == 0 else { throw SystemError("fallocate", code: code) }
  }
}
