import Glibc
import HostSupport
import MetadataStore

extension MetadataDesk {
  /// Writes everything, as it is now, to a new file of mode 0600 on the disk. Readers and writers go on meanwhile.
  ///
  /// - Parameter path: An absolute path at which there is nothing yet.
  /// - Returns: What it holds.
  /// - Throws: `exists`, `failed` with the system's words; nothing is left at the path then.
  public func backup(to path: String) throws(OperationError) -> BackupReport {
    guard path.hasPrefix("/") else {
      throw OperationError(.invalid, "\"\(path)\" is not an absolute path")
    }
    let snapshot = store.snapshot
    let temporary = "\(path).\(getpid()).tmp"
    do throws(SystemError) {
      var status = stat()
      guard unsafe lstat(path, &status) != 0 else { throw SystemError("open", path, code: EEXIST) }
      let bytes = try Self.write(snapshot, to: temporary)
      // Unlike `rename` it replaces nothing.
      guard unsafe link(temporary, path) == 0 else { throw SystemError("link", path) }
      _ = unsafe unlink(temporary)
      try Directory(Self.parent(of: path)).sync()
      return BackupReport(
        path: path, revision: snapshot.revision, records: snapshot.count, bytes: bytes)
    } catch {
      _ = unsafe unlink(temporary)
      throw OperationError(
        error.code == EEXIST ? .exists : .failed, "no backup was made: \(error)",
        advice: error.code == EEXIST ? "name a file that is not there yet" : nil)
    }
  }

  private static func parent(of path: String) -> String {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)"
  }

  private static func write(
    _ snapshot: MetadataSnapshot, to path: String
  ) throws(SystemError) -> Int {
    let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    var lines = RecordLines.Writer()
    var pending = lines.first(revision: snapshot.revision, records: snapshot.count)
    var bytes = 0
    var names = snapshot.collectionNames
    if let index = names.firstIndex(of: CollectionDefinition.reserved) {
      names.insert(names.remove(at: index), at: 0)
    }
    for name in names {
      try snapshot.forEach(in: name) { (record) throws(SystemError) in
        pending += lines.record(RecordReport(record))
        if pending.count >= 1 << 20 {
          try file.write(pending)
          bytes += pending.count
          pending = []
        }
        return true
      }
    }
    pending += lines.last()
    try file.write(pending)
    try file.sync()
    return bytes + pending.count
  }
}
