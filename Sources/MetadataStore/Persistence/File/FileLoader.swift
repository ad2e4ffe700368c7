import Glibc
import HostSupport

/// Opens a folder of records: first reads all of it, touching nothing, then repairs.
struct FileLoader: ~Copyable {
  private struct Damage {
    /// Below the root.
    let path: String
    let reason: String
  }

  /// The longest file that is read: a value of 1 MiB with every byte escaped, and room for a journal of many.
  static let recordLimit = 16 << 20
  private static let journalLimit = 1 << 30

  private let layout: FileLayout
  private let lock: FileLock
  private var report = LoadReport()
  private var damages: [Damage] = []
  private var buffer: [UInt8] = []
  private var old = OldRecords()
  /// The newest change of each record that the journal has.
  private var journaled: [String: PersistenceOperation] = [:]
  private var segments: [Int] = []
  /// Damaged segments, which are removed when what could be read is in the files.
  private var damagedSegments: [(name: String, bytes: [UInt8])] = []
  private var hasOldJournal = false
  private var storeFormat: Int?
  private var isClosed = false
  private var reserved: UInt64 = 0
  private var lastModified: UInt64 = 0

  /// Opens and locks the folder, which is made when it is absent.
  ///
  /// - Throws: `.inUse` or `.storage`.
  init(_ layout: FileLayout) throws(MetadataError) {
    self.layout = layout
    do throws(SystemError) {
      lock = try FileLock(layout.root)
    } catch {
      if error.code == EWOULDBLOCK { throw .inUse(path: layout.root) }
      throw .storage("cannot open the store \(layout.root): \(error)")
    }
  }

  private static func open(
    _ name: String, in root: borrowing Directory
  ) throws(MetadataError) -> Directory {
    do throws(SystemError) {
      return try root.directory(name)
    } catch {
      throw .storage("cannot open the store \(root.path): \(error)")
    }
  }

  // MARK: Reading

  /// Reads every record that the journal does not overrule, then those that it has.
  ///
  /// - Throws: `.newerFormat` or `.storage`; nothing was touched.
  mutating func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    try loadStore()
    try loadJournal()
    if FileCalls.exists(FileLayout.records, in: lock.folder) {
      let records = try Self.open(FileLayout.records, in: lock.folder)
      for name in try names(in: records) { try loadCollection(name, in: records, receive) }
    }
    for case .put(let record) in journaled.values { receive(record) }
  }

  private mutating func loadStore() throws(MetadataError) {
    let lock = lock
    // An empty one is what a start that failed leaves.
    let hasRecords = (try? lock.folder.directory(FileLayout.records).names())?.isEmpty == false
    if let body = try read(FileLayout.store, in: lock.folder, kind: "store") {
      var reader = JSONReader(buffer, in: body.range)
      storeFormat = body.format
      if readStore(&reader) { return }
      damages.append(Damage(path: FileLayout.store, reason: "it has no revision"))
    }
    storeFormat = nil
    if hasRecords {
      report.notes.append(
        "\(layout.path(FileLayout.store)) is absent or damaged: "
          + "revisions go on after the last record's")
    }
  }

  private mutating func readStore(_ reader: inout JSONReader) -> Bool {
    var revision: UInt64?
    var isClosed = false
    do throws(MetadataError) {
      try reader.object { (reader, name) throws(MetadataError) in
        switch name {
        case "revision": revision = try reader.unsigned()
        case "closed": isClosed = try reader.value() == .bool(true)
        default: _ = try reader.value()
        }
      }
    } catch {
      return false
    }
    guard let revision else { return false }
    reserved = revision
    self.isClosed = isClosed
    return true
  }

  private mutating func loadJournal() throws(MetadataError) {
    try loadOldJournal()
    guard FileCalls.exists(FileLayout.journal, in: lock.folder) else { return }
    let folder = try Self.open(FileLayout.journal, in: lock.folder)
    var found: [(number: Int, segment: JournalText.Segment)] = []
    for name in try names(in: folder) {
      guard let number = JournalSegment.number(name) else {
        report.notes.append("\(folder.path(of: name)) is no part of the journal: left alone")
        continue
      }
      guard try readBytes(name, in: folder, limit: Self.journalLimit) else { continue }
      let segment = JournalText.read(buffer)
      if let format = segment.newerFormat {
        throw .newerFormat(
          path: folder.path(of: name), found: format, supported: Envelope.format)
      }
      if segment.damage != nil { damagedSegments.append((name, buffer)) }
      found.append((number, segment))
    }
    segments = found.map(\.number).sorted()
    let replaced = Set(found.flatMap(\.segment.replaced))
    for (number, segment) in found.sorted(by: { $0.number < $1.number })
    where !replaced.contains(number) {
      for batch in segment.batches { add(batch) }
      if let damage = segment.damage {
        let name = "\(FileLayout.journal)/\(JournalSegment.name(number))"
        report.notes.append("\(layout.path(name)) is damaged: \(damage); a copy is set aside")
      }
    }
  }

  private mutating func loadOldJournal() throws(MetadataError) {
    let lock = lock
    guard let body = try read(FileLayout.oldJournal, in: lock.folder, kind: "journal") else {
      return
    }
    var reader = JSONReader(buffer, in: body.range)
    do throws(MetadataError) {
      add(try reader.oldJournal())
      hasOldJournal = true
    } catch {
      damages.append(Damage(path: FileLayout.oldJournal, reason: error.description))
    }
  }

  private mutating func add(_ batch: PersistenceBatch) {
    for operation in batch.operations { journaled[operation.file] = operation }
    lastModified = max(lastModified, batch.revision)
  }

  private mutating func loadCollection(
    _ name: String, in records: borrowing Directory, _ receive: (MetadataRecord) -> Void
  ) throws(MetadataError) {
    guard let folder = try? records.directory(name) else {
      report.notes.append("\(records.path(of: name)) is no collection: left alone")
      return
    }
    let names = try names(in: folder)
    for inner in names where !FileLayout.isShard(inner) {
      try loadFile(inner, in: folder, prefix: "\(name)/", isOld: true) { _ in }
    }
    for shard in names where FileLayout.isShard(shard) {
      try loadFolder(shard, in: folder, prefix: "\(name)/", isOld: false, receive)
    }
    for record in old.finishCollection() { receive(record) }
  }

  private mutating func loadFolder(
    _ name: String, in parent: borrowing Directory, prefix: String, isOld: Bool,
    _ receive: (MetadataRecord) -> Void
  ) throws(MetadataError) {
    guard let folder = try? parent.directory(name) else {
      report.notes.append("\(parent.path(of: name)) is no folder of records: left alone")
      return
    }
    let prefix = "\(prefix)\(name)/"
    for inner in try names(in: folder) {
      try loadFile(inner, in: folder, prefix: prefix, isOld: isOld, receive)
    }
  }

  private mutating func loadFile(
    _ name: String, in folder: borrowing Directory, prefix: String, isOld: Bool,
    _ receive: (MetadataRecord) -> Void
  ) throws(MetadataError) {
    if name.hasSuffix(".json") {
      let path = prefix + name
      if !isOld, journaled[path] != nil { return }
      guard let record = try record(name, in: folder, path: path, isOld: isOld) else { return }
      if isOld {
        old.found(record, at: path, isOverruled: journaled[record.file] != nil)
      } else if !old.overrules(record, at: path) {
        receive(record)
      }
    } else if name.hasSuffix("~") {
      try loadFolder(name, in: folder, prefix: prefix, isOld: isOld, receive)
    } else {
      report.notes.append("\(folder.path(of: name)) is no record's file: left alone")
    }
  }

  private mutating func record(
    _ name: String, in folder: borrowing Directory, path: String, isOld: Bool
  ) throws(MetadataError) -> MetadataRecord? {
    guard let body = try read(name, in: folder, kind: "record") else { return nil }
    var reader = JSONReader(buffer, in: body.range)
    do throws(MetadataError) {
      let record = try reader.record()
      guard isOld ? OldRecords.isPath(path, of: record) : path == record.file else {
        throw .invalid("it holds \(record.collection)/\(record.key), whose file has another name")
      }
      lastModified = max(lastModified, record.modified)
      return record
    } catch {
      damages.append(Damage(path: below(folder, name), reason: error.description))
      return nil
    }
  }

  /// Reads a framed file into the buffer; `nil` when it is absent, or damaged and noted as such.
  private mutating func read(
    _ name: String, in folder: borrowing Directory, kind: String
  ) throws(MetadataError) -> (range: Range<Int>, format: Int)? {
    guard try readBytes(name, in: folder, limit: Self.recordLimit) else { return nil }
    switch Envelope.content(buffer, kind: kind) {
    case .body(let range, let format): return (range, format)
    case .newer(let format):
      throw .newerFormat(
        path: folder.path(of: name), found: format, supported: Envelope.format)
    case .damaged(let reason):
      damages.append(Damage(path: below(folder, name), reason: reason))
      return nil
    }
  }

  private mutating func readBytes(
    _ name: String, in folder: borrowing Directory, limit: Int
  ) throws(MetadataError) -> Bool {
    let reading: FileCalls.Reading
    do throws(SystemError) {
      reading = try FileCalls.read(name, in: folder, limit: limit, into: &buffer)
    } catch {
      throw .storage("cannot open the store \(layout.root): \(error)")
    }
    switch reading {
    case .bytes: return true
    case .absent: return false
    case .irregular, .tooLong:
      damages.append(
        Damage(path: below(folder, name), reason: "it is no regular file, or too long"))
      return false
    }
  }

  private func below(_ folder: borrowing Directory, _ name: String) -> String {
    String(folder.path(of: name).dropFirst(layout.root.count + 1))
  }

  private func names(in folder: borrowing Directory) throws(MetadataError) -> [String] {
    do throws(SystemError) {
      return try folder.names()
    } catch {
      throw .storage("cannot open the store \(layout.root): \(error)")
    }
  }

  // MARK: Repairing

  /// Repairs what `load` found and brings the journal into the files.
  ///
  /// - Throws: `.storage`; opening again finds the same and tries again.
  consuming func finish() throws(MetadataError) -> (FileStore, LoadReport) {
    let layout = layout
    do throws(SystemError) {
      try setDamagesAside()
      noteJournal()
      var report = report
      report.revision = max(reserved, lastModified)
      var state = FileStore.State()
      state.applying = journaled
      state.closed = segments
      state.nextSegment = (segments.last ?? 0) + 1
      state.reserved = report.revision
      state.revision = report.revision
      let (old, copies, isNew) = (old, damagedSegments, storeFormat == nil)
      let (isClosed, isCurrent) = (isClosed, old.isEmpty && storeFormat == Envelope.format)
      let (hasOldJournal, lock) = (hasOldJournal, lock)
      let folders = try FileFolders.open(lock.folder)
      try Self.sweep(folders, &report)
      try Self.keep(copies, folders)
      if !isCurrent {
        // First: a folder of records without this file looks damaged, and an old program must not take a half-migrated store.
        try folders.writeStore(revision: report.revision, isClosed: false)
        try old.migrate(folders)
      }
      // What a killed process had not synced was read all the same: now it counts.
      if !isNew, !isClosed { try folders.root.syncFileSystem() }
      let store = FileStore(layout, lock, folders, state)
      if hasOldJournal {
        try store.checkpoint()
        try store.removeOldJournal()
      }
      try store.start()
      if let failure = store.finishJournal() {
        report.notes.append(
          "\(layout.path(FileLayout.journal)) cannot be brought into the files yet: \(failure)")
      }
      return (store, report)
    } catch {
      throw .storage("cannot open the store \(layout.root): \(error)")
    }
  }

  private mutating func noteJournal() {
    guard !journaled.isEmpty else { return }
    let name = hasOldJournal ? FileLayout.oldJournal : FileLayout.journal
    report.notes.append(
      "\(layout.path(name)) was finished: \(journaled.count) records were not in their files yet")
  }

  private static func sweep(
    _ folders: borrowing FileFolders, _ report: inout LoadReport
  ) throws(SystemError) {
    for name in try folders.temporary.names() {
      try folders.temporary.remove(name)
      report.notes.append("\(folders.temporary.path(of: name)) was left by a crash: removed")
    }
  }

  /// Keeps damaged segments for a person to look at.
  private static func keep(
    _ copies: [(name: String, bytes: [UInt8])], _ folders: borrowing FileFolders
  ) throws(SystemError) {
    guard !copies.isEmpty else { return }
    _ = try FileCalls.makeFolder(FileLayout.damaged, in: folders.root)
    let damaged = try folders.root.directory(FileLayout.damaged)
    for copy in copies {
      try folders.write(copy.bytes, to: free(copy.name, in: damaged), in: damaged)
    }
  }

  private static func free(_ name: String, in folder: borrowing Directory) -> String {
    var number = 1
    while FileCalls.exists("\(number)-\(name)", in: folder) { number += 1 }
    return "\(number)-\(name)"
  }

  private mutating func setDamagesAside() throws(SystemError) {
    guard !damages.isEmpty else { return }
    _ = try FileCalls.makeFolder(FileLayout.damaged, in: lock.folder)
    let folder = try lock.folder.directory(FileLayout.damaged)
    for damage in damages {
      let target = Self.free(FileLayout.last(damage.path), in: folder)
      try folder.take(damage.path, from: lock.folder, as: target)
      report.notes.append(
        "\(layout.path(damage.path)) is damaged: \(damage.reason); moved to "
          + "\(folder.path(of: target))")
    }
  }
}
