import Glibc
public import HostSupport

/// Tells of files in a folder that appeared, changed or went, once nobody writes to them any more.
///
/// A file counts when its size and times have stayed the same for the quiet time, so a copy that takes long is told of
/// once, when it is complete. Overflow of the kernel's queue leads to a scan of the folder; a folder that is removed and
/// made again is watched again. The corresponding C functions are those of `inotify`.
///
/// Threading: changes are told on the watcher's own thread, one list at a time. `stop` waits for a list being told, so it
/// must not be called from there.
public final class FolderWatcher: Sendable {
  private let wake: FileDescriptor
  private let thread: Thread

  /// Starts to watch. Files that are there already are not told of, unless they change.
  ///
  /// - Parameters:
  ///   - folder: The folder's path; it may be missing for now.
  ///   - quiet: Milliseconds for which a file must not have changed, 1….
  ///   - accepts: Which names count; hidden ones usually do not.
  ///   - tell: Called with what has come to rest, sorted by path.
  /// - Throws: The system's error when it has no watch, descriptor or thread to give.
  public init(
    folder: String, quiet: Int = 250,
    accepts: @escaping @Sendable (String) -> Bool = { !$0.hasPrefix(".") },
    tell: @escaping @Sendable ([FolderChange]) -> Void
  ) throws(SystemError) {
    // A pair instead of an eventfd, which Glibc's module does not show.
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw SystemError("socketpair", folder)
    }
    wake = FileDescriptor(owning: ends[0])
    let queue = try WatchQueue(folder: folder, wake: FileDescriptor(owning: ends[1]))
    var snapshot = FolderSnapshot(folder: folder, accepts: accepts)
    snapshot.prime()
    let loop = WatchLoop(
      queue: queue, quiet: UInt64(max(1, quiet)) &* 1_000_000, snapshot: snapshot)
    thread = try Thread(name: "watch") {
      var loop = loop
      while let changes = loop.next() {
        if !changes.isEmpty { tell(changes) }
      }
    }
  }

  /// Ends the watch; nothing is told after it returns. Call it once.
  public func stop() {
    shutdown(wake.raw, Int32(SHUT_RDWR))
    thread.join()
  }
}
