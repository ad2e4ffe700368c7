import Glibc
import HostSupport

/// Brings changes that are safe in the journal into the records' files: whatever it fails at is done again as a whole.
struct FileApplier: ~Copyable {
  /// So many files are synced one by one; for more it costs less to sync the file system.
  private static let few = 8

  private let changes: [(file: String, operation: PersistenceOperation)]
  private var isEach: Bool { changes.count <= Self.few }

  /// Whether a former attempt failed.
  private let isRepeated: Bool

  init(_ changes: [String: PersistenceOperation], isRepeated: Bool) {
    self.isRepeated = isRepeated
    // Sorted, the files of a folder come one after the other.
    self.changes = changes.map { ($0.key, $0.value) }.sorted { $0.file < $1.file }
  }

  /// Makes the changes and waits until they are on the disk.
  func apply(in folders: borrowing FileFolders) throws(SystemError) {
    var index = 0
    while index < changes.count {
      let path = FileLayout.parent(changes[index].file)
      let start = index
      while index < changes.count, FileLayout.parent(changes[index].file) == path { index += 1 }
      try apply(changes[start..<index], to: path, in: folders)
    }
    if !isEach { try folders.root.syncFileSystem() }
  }

  private func apply(
    _ changes: ArraySlice<(file: String, operation: PersistenceOperation)>, to path: String,
    in folders: borrowing FileFolders
  ) throws(SystemError) {
    let folder = try folders.recordFolder(path)
    for (file, operation) in changes {
      let name = FileLayout.last(file)
      switch operation {
      case .put(let record):
        let temporary = try folders.writeTemporary(record.fileBytes, isSynced: isEach)
        do throws(SystemError) {
          try folder.take(temporary, from: folders.temporary, as: name)
        } catch {
          _ = try? folders.temporary.remove(temporary)
          throw error
        }
      case .remove: try folders.remove(name, in: folder, isRepeated: isRepeated)
      }
    }
    if isEach { try folder.sync() }
  }
}
