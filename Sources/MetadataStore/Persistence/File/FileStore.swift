import Glibc
import HostSupport
import Synchronization

/// An open folder of records.
///
/// One record for the disk goes into its file at once. Everything else is added to the journal, which one sync brings to the disk,
/// however many records it is; so is a single record while the journal is in use. A thread of the store's own brings what the
/// journal has into the records' files, a second later or when it has become long: first it syncs the journal, then it writes the
/// newest state of each record, syncs that, and only then removes the journal.
///
/// After a failure nothing is saved until what it left in doubt was written anew: a file that a failed sync may have lost is
/// restored, the journal is replaced by one without the batch that was refused.
final class FileStore: Sendable {
  struct State: ~Copyable {
    /// The segment that batches are added to; `nil` when none is needed.
    var segment: JournalSegment?
    /// The newest change of each record in `segment`, by the path of its file.
    var pending: [String: PersistenceOperation] = [:]
    /// The segments before, oldest first, and their changes, which are being brought into the files.
    var closed: [Int] = []
    var applying: [String: PersistenceOperation] = [:]
    /// Whether that was tried already, and failed.
    var isApplyingAgain = false
    var nextSegment = 1
    /// The failure after which the journal must be replaced, and what is to be replaced.
    var journalDoubt: SystemError?
    var replaced: [Int] = []
    /// A change of a file that could not be taken back, and the failure before.
    var moveDoubt: (move: FileMove, error: SystemError)?
    /// Revisions up to this one may be used without saying so on the disk first.
    var reserved: UInt64 = 0
    var revision: UInt64 = 0

    var isQuiet: Bool { segment == nil && closed.isEmpty && applying.isEmpty }
  }

  /// How many revisions are reserved at a time; so many are skipped at most after a crash.
  static let reservation: UInt64 = 1 << 20
  /// So many more than were saved may have been given away for `memory` before a crash.
  private static let margin: UInt64 = 1 << 17

  let layout: FileLayout
  private let lock: FileLock
  let folders: FileFolders
  let state: Mutex<State>
  let checkpoints = CheckpointTimer()
  /// Held by who brings changes into the files.
  private let checkpointing = Mutex(())

  /// Goes on with what a loader found.
  init(
    _ layout: FileLayout, _ lock: FileLock, _ folders: consuming FileFolders,
    _ state: consuming sending State
  ) {
    self.layout = layout
    self.lock = lock
    self.folders = folders
    self.state = Mutex(state)
  }

  /// Starts the thread that brings changes into the files.
  func start() throws(SystemError) {
    try checkpoints.start { [self] () throws(SystemError) in try checkpoint() }
  }

  private func cannotSave(_ error: SystemError) -> MetadataError {
    .storage("cannot save in \(layout.root): \(error)")
  }

  /// Saves one batch, all or nothing.
  func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    if let error = checkpoints.waitForRoom() { throw cannotSave(error) }
    return try state.withLock { (state) throws(MetadataError) -> Durability in
      try settle(&state)
      do throws(SystemError) {
        try reserve(batch.revision, &state)
        if batch.operations.count == 1, durability == .disk, state.isQuiet {
          try write(batch.operations[0], &state)
        } else if !batch.operations.isEmpty {
          try append(batch, durability: durability, &state)
        }
        state.revision = max(state.revision, batch.revision)
        return durability
      } catch {
        throw cannotSave(error)
      }
    }
  }

  /// Makes every `os` write a `disk` write.
  func sync() throws(MetadataError) {
    try state.withLock { (state) throws(MetadataError) in
      try settle(&state)
      do throws(SystemError) {
        try syncJournal(&state)
      } catch {
        throw .storage("cannot sync \(layout.root): \(error)")
      }
    }
  }

  /// Sees to it that a revision will never be used again, even when every trace of it is removed.
  private func reserve(_ revision: UInt64, _ state: inout State) throws(SystemError) {
    guard revision + Self.margin > state.reserved else { return }
    try folders.writeStore(revision: revision + Self.reservation, isClosed: false)
    state.reserved = revision + Self.reservation
  }

  // MARK: One record

  private func write(
    _ operation: PersistenceOperation, _ state: inout State
  ) throws(SystemError) {
    let path = operation.file
    let parent = FileLayout.parent(path)
    let name = FileLayout.last(path)
    switch operation {
    case .put(let record):
      let temporary = try folders.writeTemporary(record.fileBytes, isSynced: true)
      do throws(SystemError) {
        let folder = try folders.recordFolder(parent)
        let move = try FileMove(
          putting: temporary, at: name, in: folder, path: parent, isUpdate: record.version > 1,
          folders)
        try complete(move, in: folder, &state)
        if move.kind == .creation { return }
      } catch {
        if state.moveDoubt == nil { _ = try? folders.temporary.remove(temporary) }
        throw error
      }
      _ = try? folders.temporary.remove(temporary)
    case .remove:
      let folder: Directory
      do throws(SystemError) {
        folder = try folders.records.directory(parent)
      } catch  where error.code == ENOENT {
        return
      }
      let move = try FileMove(removing: name, from: folder, path: parent, folders)
      guard let move else { return }
      try complete(move, in: folder, &state)
      _ = try? folders.temporary.remove(move.temporary)
    }
  }

  /// Waits until a move is on the disk; a failure takes it back, at once or before the next batch.
  private func complete(
    _ move: FileMove, in folder: borrowing Directory, _ state: inout State
  ) throws(SystemError) {
    do throws(SystemError) {
      try folder.sync()
    } catch {
      var move = move
      let failure = error
      do throws(SystemError) {
        try move.takeBack(folders)
      } catch {
        state.moveDoubt = (move, failure)
      }
      throw failure
    }
  }

  // MARK: The journal

  private func append(
    _ batch: PersistenceBatch, durability: Durability, _ state: inout State
  ) throws(SystemError) {
    try beginJournal(&state)
    do throws(SystemError) {
      try state.segment?.append(batch)
    } catch {
      // Nothing that was written before is in doubt: a full disk must not need room for all of it.
      do throws(SystemError) { try state.segment?.cut() } catch { state.journalDoubt = error }
      throw error
    }
    if durability == .disk { try syncJournal(&state) }
    for operation in batch.operations { state.pending[operation.file] = operation }
    checkpoints.note(size: state.segment?.size ?? 0)
  }

  private func beginJournal(_ state: inout State) throws(SystemError) {
    guard state.segment == nil else { return }
    let number = state.nextSegment
    state.nextSegment += 1
    // An attempt that failed may have made the file, which has no lines.
    state.closed += state.replaced
    state.replaced = [number]
    state.segment = try JournalSegment.begin(number, in: folders)
    checkpoints.begin()
  }

  private func syncJournal(_ state: inout State) throws(SystemError) {
    do throws(SystemError) {
      try state.segment?.sync(folders)
    } catch {
      state.journalDoubt = error
      throw error
    }
  }

  /// Writes anew what a failure left in doubt.
  private func settle(_ state: inout State) throws(MetadataError) {
    let doubt = state.moveDoubt?.error ?? state.journalDoubt
    do throws(SystemError) {
      try state.moveDoubt?.move.takeBack(folders)
      state.moveDoubt = nil
      if state.journalDoubt != nil { try replaceJournal(&state) }
    } catch {
      let cause = doubt.map { "\($0)" } ?? ""
      throw .storage(
        "cannot save in \(layout.root): \(error); an earlier failure (\(cause)) left a batch in doubt, "
          + "and nothing is saved until that is mended")
    }
  }

  private func replaceJournal(_ state: inout State) throws(SystemError) {
    state.segment = nil
    let number = state.nextSegment
    state.nextSegment += 1
    // From now on it may be there: the next attempt stands for it too.
    let replaced = state.replaced
    state.replaced.append(number)
    state.segment = try JournalSegment.replacing(
      replaced, by: number, Array(state.pending.values), revision: state.revision, in: folders)
    state.closed += replaced
    state.replaced = [number]
    state.journalDoubt = nil
    checkpoints.begin()
  }

  // MARK: Into the files

  /// Brings what the journal has into the records' files, and removes the journal.
  ///
  /// - Throws: The system's error; what was not brought into the files is still in the journal.
  func checkpoint() throws(SystemError) {
    try checkpointing.withLock { (_) throws(SystemError) in
      let work = try state.withLock { (state) throws(SystemError) in
        try rotate(&state)
        defer { state.isApplyingAgain = true }
        return (
          changes: state.applying, segments: state.closed, isRepeated: state.isApplyingAgain
        )
      }
      guard !work.segments.isEmpty || !work.changes.isEmpty else {
        state.withLock { $0.isApplyingAgain = false }
        return
      }
      try FileApplier(work.changes, isRepeated: work.isRepeated).apply(in: folders)
      for number in work.segments {
        // Each for itself: an older one alone would bring back what a newer one overruled.
        try folders.remove(
          JournalSegment.name(number), in: folders.journal, isRepeated: work.isRepeated)
        try folders.journal.sync()
      }
      state.withLock { state in
        state.applying = [:]
        state.closed.removeFirst(work.segments.count)
        state.isApplyingAgain = false
      }
    }
  }

  /// Closes the segment, unless earlier ones are still to be brought into the files.
  private func rotate(_ state: inout State) throws(SystemError) {
    if let error = state.journalDoubt { throw error }
    guard state.applying.isEmpty, let number = state.segment?.number else { return }
    try syncJournal(&state)
    state.segment = nil
    state.replaced = []
    state.closed.append(number)
    state.applying = state.pending
    state.pending = [:]
    checkpoints.note(size: 0)
  }

  /// Brings everything into the records' files and lets another process open the store.
  func close() throws(MetadataError) {
    checkpoints.stop()
    defer { lock.release() }
    try state.withLock { (state) throws(MetadataError) in try settle(&state) }
    do throws(SystemError) {
      try checkpoint()
      try checkpoint()
      try state.withLock { (state) throws(SystemError) in
        try folders.writeStore(revision: state.revision, isClosed: true)
      }
    } catch {
      throw .storage("cannot close \(layout.root): \(error)")
    }
  }

  /// Lets go of the folder as it is.
  func abandon() {
    checkpoints.stop()
    lock.release()
  }

  /// Brings what a loader found in the journal into the files; what fails is tried again later.
  ///
  /// - Returns: Why it failed, or `nil`.
  func finishJournal() -> SystemError? {
    do throws(SystemError) {
      try checkpoint()
      return nil
    } catch {
      checkpoints.begin()
      return error
    }
  }

  /// Removes the journal of format 1, which is in the files.
  func removeOldJournal() throws(SystemError) {
    try folders.root.remove(FileLayout.oldJournal)
    try folders.root.sync()
  }

  /// What waits to be brought into a record's file.
  func waiting(_ file: String) -> PersistenceOperation? {
    state.withLock { $0.pending[file] ?? $0.applying[file] }
  }

  /// Everything that waits to be brought into the records' files.
  var waiting: [String: PersistenceOperation] {
    state.withLock { $0.applying.merging($0.pending) { _, newer in newer } }
  }
}

extension PersistenceOperation {
  /// The path of the record's file below `records`.
  var file: String {
    switch self {
    case .put(let record): FileLayout.file(record.collection, record.key)
    case .remove(let collection, let key): FileLayout.file(collection, key)
    }
  }
}

extension MetadataRecord {
  /// The path of its file below `records`.
  var file: String { FileLayout.file(collection, key) }

  /// The whole content of its file.
  var fileBytes: [UInt8] {
    var writer = JSONWriter(isIndented: true)
    writer.record(self)
    return Envelope.bytes(writer.bytes, kind: "record")
  }
}
