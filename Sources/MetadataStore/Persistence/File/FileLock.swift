import Glibc
import HostSupport

/// The folder of a store, locked against other processes until this is released.
final class FileLock: Sendable {
  let folder: Directory

  /// Opens and locks a folder, which is made when it is absent; `EWOULDBLOCK` when somebody else has it.
  init(_ path: String) throws(SystemError) {
    folder = try Self.open(path)
    guard try FileCalls.lock(folder) else { throw SystemError("flock", path, code: EWOULDBLOCK) }
  }

  private static func open(_ path: String) throws(SystemError) -> Directory {
    do throws(SystemError) {
      return try Directory(path)
    } catch  where error.code == ENOENT {
      guard unsafe mkdir(path, 0o700) == 0 else { throw SystemError("mkdir", path) }
      try Directory(FileLayout.parent(path)).sync()
      return try Directory(path)
    }
  }

  /// Gives the lock back, also when a child between `fork` and `exec` still has the folder.
  func release() { FileCalls.unlock(folder) }
}
