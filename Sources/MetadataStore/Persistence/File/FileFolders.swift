import Glibc
import HostSupport
import Synchronization

/// The open folders of a store, which somebody else has locked.
struct FileFolders: ~Copyable, Sendable {
  let root: Directory
  let records: Directory
  let journal: Directory
  let temporary: Directory
  private let temporaryCount = Atomic(0)

  private init(
    root: consuming Directory, records: consuming Directory, journal: consuming Directory,
    temporary: consuming Directory
  ) {
    self.root = root
    self.records = records
    self.journal = journal
    self.temporary = temporary
  }

  /// Opens the folders of a store, which are made when they are absent.
  static func open(_ root: borrowing Directory) throws(SystemError) -> FileFolders {
    var isNew = false
    for name in [FileLayout.records, FileLayout.journal, FileLayout.temporary] {
      if try FileCalls.makeFolder(name, in: root) { isNew = true }
    }
    if isNew { try root.sync() }
    return FileFolders(
      root: try root.directory("."), records: try root.directory(FileLayout.records),
      journal: try root.directory(FileLayout.journal),
      temporary: try root.directory(FileLayout.temporary))
  }

  /// A name in `temporary` that nobody has.
  func temporaryName() -> String {
    let count = temporaryCount.wrappingAdd(1, ordering: .relaxed).newValue
    return "\(getpid())-\(count)"
  }

  /// Writes a file of `temporary`.
  ///
  /// - Returns: Its name.
  func writeTemporary(_ bytes: [UInt8], isSynced: Bool) throws(SystemError) -> String {
    let name = temporaryName()
    do throws(SystemError) {
      let file = try temporary.open(name, O_WRONLY | O_CREAT | O_EXCL)
      try file.write(bytes)
      if isSynced { try file.sync() }
    } catch {
      _ = try? temporary.remove(name)
      throw error
    }
    return name
  }

  /// Replaces a file by new bytes, whole or not at all, and waits until it is on the disk.
  func write(
    _ bytes: [UInt8], to name: String, in folder: borrowing Directory
  ) throws(SystemError) {
    let file = try writeTemporary(bytes, isSynced: true)
    do throws(SystemError) {
      try folder.take(file, from: temporary, as: name)
    } catch {
      _ = try? temporary.remove(file)
      throw error
    }
    try folder.sync()
  }

  /// Writes what a store must know beside its records.
  ///
  /// - Parameters:
  ///   - revision: No revision up to this one is used again.
  ///   - isClosed: Whether all that is in the folder is on the disk.
  /// - Throws: The system's error.
  func writeStore(revision: UInt64, isClosed: Bool) throws(SystemError) {
    var writer = JSONWriter(isIndented: true)
    writer.object { writer, isFirst in
      writer.member("revision", &isFirst)
      writer.int(revision)
      if isClosed {
        writer.member("closed", &isFirst)
        writer.value(.bool(true))
      }
    }
    try write(Envelope.bytes(writer.bytes, kind: "store"), to: FileLayout.store, in: root)
  }

  /// Opens a folder below `records`, which is made when it is absent, and then is on the disk.
  ///
  /// - Parameter path: Its path below `records`.
  /// - Returns: The folder.
  /// - Throws: The system's error.
  func recordFolder(_ path: String) throws(SystemError) -> Directory {
    do throws(SystemError) {
      return try records.directory(path)
    } catch  where error.code == ENOENT {
      let name = FileLayout.last(path)
      let parent =
        name == path
        ? try root.directory(FileLayout.records) : try recordFolder(FileLayout.parent(path))
      if try FileCalls.makeFolder(name, in: parent) {
        do throws(SystemError) {
          try parent.sync()
        } catch {
          // It would look as if it were on the disk.
          try? FileCalls.removeFolder(name, in: parent)
          throw error
        }
      }
      return try parent.directory(name)
    }
  }

  /// Removes a file whose removal will be waited for.
  ///
  /// - Parameters:
  ///   - name: The file's name.
  ///   - folder: Where it is.
  ///   - isRepeated: Whether a former attempt may have removed it, of which a failed sync tells nothing: it is made again first, so
  ///     that there is something to remove.
  /// - Throws: The system's error.
  func remove(
    _ name: String, in folder: borrowing Directory, isRepeated: Bool
  ) throws(SystemError) {
    if isRepeated { _ = try folder.open(name, O_WRONLY | O_CREAT) }
    try folder.remove(name)
  }
}
