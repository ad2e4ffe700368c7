import Glibc
import HostSupport

extension FileProvider {
  /// Finishes what an earlier call could not.
  func settle(_ state: inout State) throws(SystemError) {
    if state.hasFailedJournal {
      try FileCalls.unlink(layout.journal)
      try FileCalls.syncFolder(layout.root)
      state.hasFailedJournal = false
    }
    guard let batch = state.unapplied else { return }
    try apply(batch, durability: .disk, &state)
    try FileCalls.unlink(layout.journal)
    state.unapplied = nil
    state.hasUnsyncedUnlink = true
  }

  /// Makes the removal of the last journal lasting.
  func syncUnlink(_ state: inout State) throws(SystemError) {
    guard state.hasUnsyncedUnlink else { return }
    try FileCalls.syncFolder(layout.root)
    state.hasUnsyncedUnlink = false
  }

  /// Sees to it that a revision will never be used again, even when every trace of it is removed.
  func reserve(_ revision: UInt64, _ state: inout State) throws(SystemError) {
    if revision > state.reserved {
      try writeStore(revision: revision + Self.reservation, &state)
    }
    state.revision = max(state.revision, revision)
  }

  func writeStore(revision: UInt64, _ state: inout State) throws(SystemError) {
    let body = JSON.object(["revision": .int(Int64(clamping: revision))])
    try write(
      Envelope.bytes(body, kind: "store"), to: layout.store, durability: .disk, &state)
    state.reserved = revision
  }

  /// Saves a batch through the journal.
  func commit(
    _ batch: PersistenceBatch, durability: Durability, _ state: inout State
  ) throws(SystemError) {
    // Until the journal is surely in place it may be half there: the next call removes it first.
    state.hasFailedJournal = true
    try write(
      Envelope.bytes(batch.json, kind: "journal"), to: layout.journal, durability: durability,
      &state)
    state.hasFailedJournal = false
    state.unapplied = batch
    do throws(SystemError) {
      try apply(batch, durability: durability, &state)
      try FileCalls.unlink(layout.journal)
      state.unapplied = nil
      state.hasUnsyncedUnlink = true
    } catch {
      // Committed all the same: `settle` or the next `load` applies it.
    }
  }

  /// Carries out the operations of a batch.
  func apply(
    _ batch: PersistenceBatch, durability: Durability, _ state: inout State
  ) throws(SystemError) {
    var folders: Set<String> = []
    var written: [String] = []
    for operation in batch.operations {
      switch operation {
      case .put(let record):
        let stem = layout.stem(record.collection, record.key)
        try put(record, stem, durability: durability, &state)
        folders.insert(FileLayout.parent(stem))
        written.append(stem)
      case .remove(let collection, let key):
        let stem = layout.stem(collection, key)
        // The overlay last: until then the record is there in its newest state.
        try FileCalls.unlink(FileLayout.base(stem))
        try FileCalls.unlink(FileLayout.overlay(stem))
        state.overlays.remove(stem)
        folders.insert(FileLayout.parent(stem))
      }
    }
    guard durability == .disk else {
      state.unsyncedFolders.formUnion(folders)
      return
    }
    for folder in folders where FileCalls.exists(folder) { try FileCalls.syncFolder(folder) }
    for stem in written where state.overlays.remove(stem) != nil {
      try? FileCalls.unlink(FileLayout.overlay(stem))
    }
  }

  private func put(
    _ record: MetadataRecord, _ stem: String, durability: Durability, _ state: inout State
  ) throws(SystemError) {
    try makeFolder(FileLayout.parent(stem), &state)
    let path = durability == .disk ? FileLayout.base(stem) : FileLayout.overlay(stem)
    let temporary = try writeTemporary(
      Envelope.bytes(record.json, kind: "record"), durability: durability, &state)
    try move(temporary, to: path, &state)
    if durability != .disk { state.overlays.insert(stem) }
  }

  /// Replaces a file by new bytes, whole or not at all.
  func write(
    _ bytes: [UInt8], to path: String, durability: Durability, _ state: inout State
  ) throws(SystemError) {
    let temporary = try writeTemporary(bytes, durability: durability, &state)
    try move(temporary, to: path, &state)
    if durability == .disk { try FileCalls.syncFolder(FileLayout.parent(path)) }
  }

  private func move(
    _ temporary: String, to path: String, _ state: inout State
  ) throws(SystemError) {
    do throws(SystemError) {
      do throws(SystemError) {
        try FileCalls.rename(temporary, path)
      } catch  where error.code == ENOENT {
        // Somebody tidied an empty folder away.
        state.folders = []
        try makeFolder(FileLayout.parent(path), &state)
        try FileCalls.rename(temporary, path)
      }
    } catch {
      try? FileCalls.unlink(temporary)
      throw error
    }
  }

  private func writeTemporary(
    _ bytes: [UInt8], durability: Durability, _ state: inout State
  ) throws(SystemError) -> String {
    state.temporaryCount += 1
    let path = "\(layout.temporary)/\(getpid())-\(state.temporaryCount)"
    do throws(SystemError) {
      let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
      try file.write(bytes)
      if durability == .disk { try file.sync() }
    } catch {
      try? FileCalls.unlink(path)
      throw error
    }
    return path
  }

  /// Makes a folder and those above it, as far as the store's root, lastingly.
  func makeFolder(_ path: String, _ state: inout State) throws(SystemError) {
    guard path != layout.root, !state.folders.contains(path) else { return }
    let parent = FileLayout.parent(path)
    try makeFolder(parent, &state)
    if try FileCalls.makeFolder(path) { try FileCalls.syncFolder(parent) }
    state.folders.insert(path)
  }

  /// Puts every overlay in the place of the state that it overrules, on the disk.
  func mergeOverlays(_ state: inout State) throws(SystemError) {
    var folders = state.unsyncedFolders
    for stem in state.overlays {
      folders.insert(FileLayout.parent(stem))
      let overlay = FileLayout.overlay(stem)
      // Absent when an earlier call failed after its rename.
      guard FileCalls.exists(overlay) else { continue }
      try FileCalls.syncFile(overlay)
      try FileCalls.rename(overlay, FileLayout.base(stem))
    }
    for folder in folders where FileCalls.exists(folder) { try FileCalls.syncFolder(folder) }
    state.overlays = []
    state.unsyncedFolders = []
  }
}
