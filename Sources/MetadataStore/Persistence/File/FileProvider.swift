import HostSupport
import Synchronization

/// Keeps each record in a readable JSON file of its own; `FileLayout` says where, `Envelope` in what form.
///
/// A file is written under a unique temporary name, synced, put in the place of the former one, and its folder synced. Batches, and
/// what need not be on the disk, go through a journal; `FileStore` says how. Folders have mode 0700, files 0600. One process at a
/// time has a store open.
public final class FileProvider: PersistenceProvider {
  private let layout: FileLayout
  private let store = Mutex<FileStore?>(nil)

  /// Chooses the folder of a store; `load` makes it when it is absent.
  ///
  /// - Parameter path: The folder; its parent must exist.
  public init(path: String) {
    layout = FileLayout(root: path)
  }

  /// `file`.
  public var name: String { "file" }

  /// `disk`.
  public var strongest: Durability { .disk }

  private func opened() throws(MetadataError) -> FileStore {
    guard let store = store.withLock({ $0 }) else {
      throw .storage("the store \(layout.root) is not open")
    }
    return store
  }

  /// Reads every record; finishes a journal, sets damaged files aside, sweeps leftovers, and brings files of format 1 to their shards.
  public func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    var loader = try FileLoader(layout)
    try loader.load(receive)
    let (opened, report) = try loader.finish()
    store.withLock { $0 = opened }
    return report
  }

  /// Reads one record's file, or the journal.
  public func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? {
    try opened().record(collection, key)
  }

  /// Reads the journal and every other record's file.
  public func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    try opened().forEach(receive)
  }

  /// Saves one batch, all or nothing.
  public func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    try opened().save(batch, durability: durability)
  }

  /// Makes every `os` write a `disk` write.
  public func sync() throws(MetadataError) {
    try opened().sync()
  }

  /// Brings every write into its record's file, which otherwise happens within a second or so.
  ///
  /// - Throws: `.storage`; it is tried again.
  func checkpoint() throws(MetadataError) {
    let store = try opened()
    do throws(SystemError) {
      try store.checkpoint()
    } catch {
      throw .storage("cannot bring the journal of \(layout.root) into its files: \(error)")
    }
  }

  /// Writes `sessions/NAME.json`.
  public func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {
    try opened().saveSession(session, as: name)
  }

  /// Reads `sessions/NAME.json`.
  public func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? {
    try opened().loadSession(name)
  }

  /// Copies the folder, which another `FileProvider` opens.
  public func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(MetadataError) {
    try opened().backup(to: path, progress: progress)
  }

  /// Brings everything into the records' files, on the disk, and lets another process open the store.
  public func close() throws(MetadataError) {
    guard let store = store.withLock({ $0.take() }) else { return }
    try store.close()
  }

  deinit {
    store.withLock { $0.take() }?.abandon()
  }
}
