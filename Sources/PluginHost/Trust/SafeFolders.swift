import Synchronization

/// Folders that were found safe on the whole way to them, so that those of many plugins are looked at once.
///
/// What only trusted users can change, only they can make unsafe; so one look holds for one look at the plugin folder.
///
/// Threading: any thread.
final class SafeFolders: Sendable {
  private let paths = Mutex<Set<String>>([])

  /// Whether a folder was found safe.
  func contains(_ path: String) -> Bool { paths.withLock { $0.contains(path) } }

  /// Remembers a folder.
  func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }

  /// Forgets them all: they are looked at anew.
  func forget() { paths.withLock { $0.removeAll(keepingCapacity: true) } }
}
