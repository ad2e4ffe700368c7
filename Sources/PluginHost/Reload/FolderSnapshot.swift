import Glibc
import HostSupport

/// The files of a folder as the watcher last told of them, and those that have not come to rest yet.
struct FolderSnapshot: Sendable {
  private struct Unsettled: Sendable {
    var status: FileStatus?
    var since: UInt64
  }

  private let folder: String
  private let accepts: @Sendable (String) -> Bool
  private var told: [String: FileStatus] = [:]
  private var unsettled: [String: Unsettled] = [:]

  init(folder: String, accepts: @escaping @Sendable (String) -> Bool) {
    self.folder = folder
    self.accepts = accepts
  }

  /// Takes the folder as it is for what was told.
  mutating func prime() {
    for (name, status) in scan() ?? [:] { told[name] = status }
  }

  /// Whether some file has not come to rest.
  var isWaiting: Bool { !unsettled.isEmpty }

  /// Notes that a name was touched.
  mutating func touch(_ name: String, now: UInt64) {
    guard accepts(name) else { return }
    unsettled[name] = Unsettled(status: status(of: name), since: now)
  }

  /// Compares the whole folder with what was told, because events may have been missed.
  mutating func rescan(now: UInt64) {
    let current = scan() ?? [:]
    for name in Set(current.keys).union(told.keys)
    where current[name] != told[name] && unsettled[name] == nil {
      unsettled[name] = Unsettled(status: current[name], since: now)
    }
  }

  /// Looks at the files that have not come to rest.
  ///
  /// - Parameters:
  ///   - now: The time.
  ///   - quiet: Nanoseconds for which size and times must have stayed.
  /// - Returns: What has come to rest, sorted by path.
  mutating func settle(now: UInt64, quiet: UInt64) -> [FolderChange] {
    var changes: [FolderChange] = []
    for (name, waiting) in unsettled {
      let current = status(of: name)
      guard current == waiting.status else {
        unsettled[name] = Unsettled(status: current, since: now)
        continue
      }
      guard now >= waiting.since &+ quiet else { continue }
      guard current == nil || !isBeingWritten(name) else {
        unsettled[name] = Unsettled(status: current, since: now)
        continue
      }
      unsettled[name] = nil
      if let kind = kind(from: told[name], to: current) {
        changes.append(FolderChange(kind: kind, path: "\(folder)/\(name)"))
      }
      told[name] = current
    }
    return changes.sorted { $0.path < $1.path }
  }

  /// When the next file may have come to rest; `nil` when all have.
  func nextMoment(quiet: UInt64) -> UInt64? {
    unsettled.values.map { $0.since &+ quiet }.min()
  }

  private func kind(from old: FileStatus?, to new: FileStatus?) -> FolderChange.Kind? {
    switch (old, new) {
    case (nil, nil): nil
    case (nil, .some): .appeared
    case (.some, nil): .removed
    case (.some(let old), .some(let new)): FolderSnapshot.sameFile(old, new) ? nil : .changed
    }
  }

  /// A changed mode or link count alone is not a change of the file.
  private static func sameFile(_ old: FileStatus, _ new: FileStatus) -> Bool {
    old.inode == new.inode && old.device == new.device && old.size == new.size
      && old.modified == new.modified
  }

  private func status(of name: String) -> FileStatus? {
    var status = stat()
    guard unsafe stat("\(folder)/\(name)", &status) == 0 else { return nil }
    let found = FileStatus(status)
    return found.isRegular ? found : nil
  }

  /// Whether somebody has the file open for writing, as far as the kernel tells: it refuses a read lease then.
  private func isBeingWritten(_ name: String) -> Bool {
    let setLease: Int32 = 1024  // F_SETLEASE, which Glibc's module does not show
    guard let file = try? FileDescriptor.open("\(folder)/\(name)", O_RDONLY | O_NONBLOCK) else {
      return false
    }
    return fcntl(file.raw, setLease, Int32(F_RDLCK)) != 0 && errno == EAGAIN
  }

  /// Notes that a name was made by linking: such a file is never closed after writing.
  mutating func touchIfLinked(_ name: String, now: UInt64) {
    var status = stat()
    guard unsafe lstat("\(folder)/\(name)", &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFLNK || status.st_nlink > 1 { touch(name, now: now) }
  }

  private func scan() -> [String: FileStatus]? {
    guard let names = try? Directory(folder).names() else { return nil }
    var found: [String: FileStatus] = [:]
    for name in names where accepts(name) { found[name] = status(of: name) }
    return found
  }
}
