import Glibc
import HostSupport

/// What put a record's file in its place, or took it away, in one step that can be taken back.
struct FileMove {
  enum Kind {
    /// The file had no predecessor.
    case creation
    /// The file and its predecessor, which is the temporary one now, changed their places.
    case exchange
    /// The file became a temporary one.
    case removal
  }

  let kind: Kind
  /// The folder below `records`.
  let folder: String
  let name: String
  let temporary: String
  private var isTakenBack = false

  /// Makes a temporary file the record's.
  ///
  /// - Parameters:
  ///   - temporary: Its name.
  ///   - name: The name of the record's file.
  ///   - folder: Where that is.
  ///   - path: The folder's path below `records`.
  ///   - isUpdate: Whether there should be a file already.
  ///   - folders: The store's.
  /// - Throws: The system's error.
  init(
    putting temporary: String, at name: String, in folder: borrowing Directory, path: String,
    isUpdate: Bool, _ folders: borrowing FileFolders
  ) throws(SystemError) {
    self.temporary = temporary
    self.name = name
    self.folder = path
    if isUpdate {
      do throws(SystemError) {
        try folder.take(temporary, from: folders.temporary, as: name, exchanging: true)
        kind = .exchange
        return
      } catch {
        // Absent after all, or the file system cannot exchange.
        guard [ENOENT, EINVAL, ENOSYS].contains(error.code) else { throw error }
      }
    }
    try folder.take(temporary, from: folders.temporary, as: name)
    kind = .creation
  }

  /// Takes a record's file away; `nil` when there is none.
  init?(
    removing name: String, from folder: borrowing Directory, path: String,
    _ folders: borrowing FileFolders
  ) throws(SystemError) {
    temporary = folders.temporaryName()
    self.name = name
    self.folder = path
    kind = .removal
    do throws(SystemError) {
      try folders.temporary.take(name, from: folder, as: temporary)
    } catch  where error.code == ENOENT {
      return nil
    }
  }

  /// Takes the step back and waits until that is on the disk.
  ///
  /// After a sync that failed nobody knows what is on the disk, and a later one that works does not say: each attempt makes the
  /// change anew.
  mutating func takeBack(_ folders: borrowing FileFolders) throws(SystemError) {
    let folder = try folders.records.directory(folder)
    if isTakenBack {
      try move(in: folder, folders, isForward: true)
      isTakenBack = false
    }
    try move(in: folder, folders, isForward: false)
    isTakenBack = true
    try folder.sync()
    if kind != .removal { _ = try? folders.temporary.remove(temporary) }
  }

  private func move(
    in folder: borrowing Directory, _ folders: borrowing FileFolders, isForward: Bool
  ) throws(SystemError) {
    if kind != .exchange, (kind == .removal) == isForward {
      try folders.temporary.take(name, from: folder, as: temporary)
    } else {
      try folder.take(temporary, from: folders.temporary, as: name, exchanging: kind == .exchange)
    }
  }
}
