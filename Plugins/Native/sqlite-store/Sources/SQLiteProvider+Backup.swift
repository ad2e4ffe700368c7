import CSQLite
import Glibc
import PluginSDK

extension SQLiteProvider {
  private static let pagesAtOnce: Int32 = 1_024

  /// Copies the database as it is now, while it is written to. The copy has mode 0600 and is on the disk when this returns.
  package func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws {
    let file = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      if errno == EEXIST { throw PluginError(.exists, "\(path) exists; name a new file") }
      throw PluginError.system("cannot make \(path)")
    }
    Glibc.close(file)
    do {
      try store.readers.with { reader in
        // One snapshot for all steps: without, each commit meanwhile would begin the copy anew.
        try reader.connection.run("BEGIN; SELECT 1 FROM meta")
        defer { try? reader.connection.run("COMMIT") }
        try copy(from: reader.connection, to: path, progress)
      }
      try Connection.syncFolder(of: path)
    } catch {
      unsafe unlink(path)
      throw error
    }
  }

  private func copy(
    from source: Connection, to path: String, _ progress: (_ done: Int, _ total: Int) -> Void
  ) throws(PluginError) {
    let target = try Connection(path, writes: true)
    guard let backup = unsafe sqlite3_backup_init(target.handle, "main", source.handle, "main")
    else {
      return try target.check(unsafe sqlite3_errcode(target.handle), "a backup")
    }
    var code = SQLITE_OK
    while code == SQLITE_OK || code & 0xFF == SQLITE_BUSY {
      code = unsafe sqlite3_backup_step(backup, Self.pagesAtOnce)
      let total = unsafe sqlite3_backup_pagecount(backup)
      progress(unsafe Int(total - sqlite3_backup_remaining(backup)), Int(total))
    }
    let ending = unsafe sqlite3_backup_finish(backup)
    try target.check(code == SQLITE_DONE ? ending : code, "a backup")
  }
}
