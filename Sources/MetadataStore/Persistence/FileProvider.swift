import Glibc
import HostSupport
import Synchronization

/// Keeps each record in a readable JSON file of its own; `FileLayout` says where, `Envelope` in what form.
///
/// A file is written under a unique temporary name, synced, renamed over the former one, and its folder synced. A batch of several
/// records is written to a journal first, which is what makes it happen: once it is in place the batch is committed, and applying
/// it is repeated until it works, at the latest when the store is opened again.
///
/// A write that asks for `os` leaves out the syncs and puts its file beside the one that is on the disk, because replacing that one
/// unsynced could lose both to a power failure. Folders have mode 0700, files 0600. One process at a time has a store open.
public final class FileProvider: PersistenceProvider {
  struct State: ~Copyable {
    var root: FileDescriptor?
    /// Files of `temporary` are numbered.
    var temporaryCount = 0
    /// Revisions up to this one may be used without saying so on the disk first.
    var reserved: UInt64 = 0
    var revision: UInt64 = 0
    /// Stems that have an overlay.
    var overlays: Set<String> = []
    /// Folders from which records were removed without a sync.
    var unsyncedFolders: Set<String> = []
    var folders: Set<String> = []
    /// A committed batch that could not be applied fully.
    var unapplied: PersistenceBatch?
    /// A journal that was reported as failed may be in place.
    var hasFailedJournal = false
    /// A power failure could bring a finished journal back, which would undo later writes.
    var hasUnsyncedUnlink = false
  }

  /// How many revisions are reserved at a time; so many are skipped at most after a crash.
  static let reservation: UInt64 = 1024

  let layout: FileLayout
  let state = Mutex(State())

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

  /// Reads every record; finishes a journal, sets damaged files aside and sweeps leftovers.
  public func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    var loader = FileLoader(layout)
    try loader.load(receive)
    return try loader.finish(self, receive)
  }

  /// Saves one batch, all or nothing.
  public func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    try state.withLock { (state) throws(MetadataError) -> Durability in
      guard state.root != nil else { throw .storage("the store \(layout.root) is not open") }
      do throws(SystemError) {
        try settle(&state)
        try reserve(batch.revision, &state)
        if batch.operations.count == 1 {
          if durability == .disk { try syncUnlink(&state) }
          try apply(batch, durability: durability, &state)
        } else {
          try commit(batch, durability: durability, &state)
        }
        return durability
      } catch {
        throw .storage("cannot save in \(layout.root): \(error)")
      }
    }
  }

  /// Makes every `os` write a `disk` write.
  public func sync() throws(MetadataError) {
    try state.withLock { (state) throws(MetadataError) in
      guard state.root != nil else { return }
      do throws(SystemError) {
        try settle(&state)
        try syncUnlink(&state)
        try mergeOverlays(&state)
      } catch {
        throw .storage("cannot sync \(layout.root): \(error)")
      }
    }
  }

  /// Brings everything to the disk and lets another process open the store.
  public func close() throws(MetadataError) {
    defer {
      state.withLock { state in
        if let root = state.root.take() { FileCalls.unlock(root) }
      }
    }
    try sync()
    try state.withLock { (state) throws(MetadataError) in
      guard state.root != nil else { return }
      do throws(SystemError) {
        try writeStore(revision: state.revision, &state)
      } catch {
        throw .storage("cannot close \(layout.root): \(error)")
      }
    }
  }
}

extension FileProvider {
  /// Goes on with the state that was loaded.
  func adopt(_ loaded: consuming sending State) {
    var loaded: State? = loaded
    state.withLock { state in
      if let loaded = loaded.take() { state = loaded }
    }
  }
}
