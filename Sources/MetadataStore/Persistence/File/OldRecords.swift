import Glibc
import HostSupport

/// The records of format 1, whose files lie in the folder of their collection, and what becomes of them.
struct OldRecords {
  private struct Candidate {
    let record: MetadataRecord
    let path: String
    let isOverruled: Bool
  }

  /// The newest of a collection by the path that it comes to.
  private var newest: [String: Candidate] = [:]
  private var moves: [(from: String, to: String)] = []
  private var removals: [String] = []

  var isEmpty: Bool { moves.isEmpty && removals.isEmpty }

  /// Whether format 1 has a record at a path: its file, or the newer state beside it.
  static func isPath(_ path: String, of record: MetadataRecord) -> Bool {
    let file = FileLayout.oldFile(record.collection, record.key)
    return path == file || path == "\(file.dropLast(5))~.json"
  }

  /// Takes in a file.
  ///
  /// - Parameters:
  ///   - record: What it holds.
  ///   - path: Its path below `records`.
  ///   - isOverruled: Whether the journal has the record.
  mutating func found(_ record: MetadataRecord, at path: String, isOverruled: Bool) {
    let candidate = Candidate(record: record, path: path, isOverruled: isOverruled)
    guard let other = newest[record.file] else {
      newest[record.file] = candidate
      return
    }
    let isNewer = record.modified >= other.record.modified
    removals.append(isNewer ? other.path : path)
    if isNewer { newest[record.file] = candidate }
  }

  /// Whether an old file has a newer state than a shard has.
  mutating func overrules(_ record: MetadataRecord, at path: String) -> Bool {
    guard let other = newest[path] else { return false }
    if other.record.modified > record.modified { return true }
    removals.append(other.path)
    newest[path] = nil
    return false
  }

  /// The records of a collection that no shard has.
  mutating func finishCollection() -> [MetadataRecord] {
    var records: [MetadataRecord] = []
    for (path, candidate) in newest {
      if candidate.isOverruled {
        removals.append(candidate.path)
      } else {
        moves.append((candidate.path, path))
        records.append(candidate.record)
      }
    }
    newest = [:]
    return records
  }

  /// Brings the files to their shards; interrupted, it is done again at the next opening.
  func migrate(_ folders: borrowing FileFolders) throws(SystemError) {
    guard !isEmpty else { return }
    for (from, to) in moves {
      let folder = try folders.recordFolder(FileLayout.parent(to))
      try folders.records.open(from, O_RDONLY | O_NOFOLLOW).sync()
      try folder.take(from, from: folders.records, as: FileLayout.last(to))
    }
    try folders.root.syncFileSystem()
    for path in removals { try folders.records.remove(path) }
    try folders.root.syncFileSystem()
  }
}
