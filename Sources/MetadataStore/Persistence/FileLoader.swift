import FoundationEssentials
import Glibc
import HostSupport

/// Opens a folder of records: first reads all of it, touching nothing, then repairs.
struct FileLoader: ~Copyable {
  private struct Damage {
    let path: String
    let reason: String
  }

  /// The longest file that is read: a value of 1 MiB with every byte escaped, and room for a journal of many.
  private static let recordLimit = 16 << 20
  private static let journalLimit = 1 << 30

  private let layout: FileLayout
  private var report = LoadReport()
  private var damages: [Damage] = []
  private var root: FileDescriptor?
  private var journal: PersistenceBatch?
  private var journalStems: Set<String> = []
  private var overlays: Set<String> = []
  private var reserved: UInt64 = 0
  private var lastModified: UInt64 = 0

  init(_ layout: FileLayout) {
    self.layout = layout
  }

  /// Reads every record that the journal does not overrule.
  ///
  /// - Throws: `.inUse`, `.newerFormat` or `.storage`; nothing was touched but an absent root folder made.
  mutating func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    do throws(SystemError) {
      let parent = FileLayout.parent(layout.root)
      if try FileCalls.makeFolder(layout.root) { try FileCalls.syncFolder(parent) }
      let root = try FileDescriptor.open(layout.root, O_RDONLY | O_DIRECTORY)
      let isLocked = try FileCalls.lock(root)
      self.root = consume root
      if !isLocked { throw SystemError("flock", layout.root, code: EWOULDBLOCK) }
    } catch  where error.code == EWOULDBLOCK {
      throw .inUse(path: layout.root)
    } catch {
      throw storage(error)
    }
    try loadStore()
    try loadJournal()
    if FileCalls.exists(layout.records) { try loadFolder(layout.records, receive) }
  }

  private mutating func loadStore() throws(MetadataError) {
    let hasRecords = FileCalls.exists(layout.records)
    if let body = try read(layout.store, kind: "store", limit: Self.recordLimit) {
      if let revision = body["revision"]?.int.flatMap({ UInt64(exactly: $0) }) {
        reserved = revision
        return
      }
      damages.append(Damage(path: layout.store, reason: "it has no revision"))
    }
    if hasRecords {
      report.notes.append(
        "\(layout.store) is absent or damaged: revisions go on after the last record's")
    }
  }

  private mutating func loadJournal() throws(MetadataError) {
    guard let body = try read(layout.journal, kind: "journal", limit: Self.journalLimit) else {
      return
    }
    do throws(MetadataError) {
      let batch = try PersistenceBatch(json: body)
      for operation in batch.operations {
        switch operation {
        case .put(let record): journalStems.insert(layout.stem(record.collection, record.key))
        case .remove(let collection, let key): journalStems.insert(layout.stem(collection, key))
        }
      }
      lastModified = batch.revision
      journal = batch
    } catch {
      damages.append(Damage(path: layout.journal, reason: error.description))
    }
  }

  private mutating func loadFolder(
    _ folder: String, _ receive: (MetadataRecord) -> Void
  ) throws(MetadataError) {
    var stems: Set<String> = []
    for name in try names(in: folder) {
      let path = "\(folder)/\(name)"
      if name.hasSuffix("~.json") {
        stems.insert(String(path.dropLast(6)))
      } else if name.hasSuffix(".json") {
        stems.insert(String(path.dropLast(5)))
      } else if folder == layout.records || name.hasSuffix("~") {
        try loadFolder(path, receive)
      } else {
        report.notes.append("\(path) is no record's file: left alone")
      }
    }
    for stem in stems.sorted() where !journalStems.contains(stem) {
      let base = try record(FileLayout.base(stem), stem)
      let overlay = try record(FileLayout.overlay(stem), stem)
      if let overlay, overlay.modified >= base?.modified ?? 0 {
        overlays.insert(stem)
        receive(overlay)
      } else if let base {
        receive(base)
      }
    }
  }

  private mutating func record(
    _ path: String, _ stem: String
  ) throws(MetadataError) -> MetadataRecord? {
    guard let body = try read(path, kind: "record", limit: Self.recordLimit) else { return nil }
    do throws(MetadataError) {
      let record = try MetadataRecord(json: body)
      guard layout.stem(record.collection, record.key) == stem else {
        throw .invalid("it holds \(record.collection)/\(record.key), whose file has another name")
      }
      lastModified = max(lastModified, record.modified)
      return record
    } catch {
      damages.append(Damage(path: path, reason: error.description))
      return nil
    }
  }

  /// The content of a file; `nil` when it is absent, or damaged and noted as such.
  private mutating func read(
    _ path: String, kind: String, limit: Int
  ) throws(MetadataError) -> JSON? {
    guard FileCalls.exists(path) else { return nil }
    let bytes: [UInt8]?
    do throws(SystemError) {
      bytes = try FileCalls.read(path, limit: limit)
    } catch {
      throw storage(error)
    }
    switch bytes.map({ Envelope.content($0, kind: kind) }) {
    case .body(let body)?: return body
    case .newer(let format)?:
      throw .newerFormat(path: path, found: format, supported: Envelope.format)
    case .damaged(let reason)?: damages.append(Damage(path: path, reason: reason))
    case nil: damages.append(Damage(path: path, reason: "it is no regular file, or too long"))
    }
    return nil
  }

  private func names(in folder: String) throws(MetadataError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw .storage("cannot list \(folder): \(error)")
    }
  }

  private func storage(_ error: SystemError) -> MetadataError {
    .storage("cannot open the store \(layout.root): \(error)")
  }

  /// Repairs what `load` found, applies the journal and hands the open folder to the provider.
  ///
  /// - Throws: `.storage`; opening again finds the same and tries again.
  consuming func finish(
    _ provider: FileProvider, _ receive: (MetadataRecord) -> Void
  ) throws(MetadataError) -> LoadReport {
    try repair()
    report.revision = max(reserved, lastModified)
    let batch = journal
    var state = FileProvider.State()
    state.root = root.take()
    state.overlays = overlays
    state.reserved = report.revision
    state.revision = report.revision
    state.unapplied = batch
    do throws(SystemError) {
      // First: a folder of records without this file looks damaged.
      if !FileCalls.exists(layout.store) {
        try provider.writeStore(revision: report.revision, &state)
      }
      try provider.makeFolder(layout.records, &state)
      try provider.settle(&state)
    } catch {
      throw storage(error)
    }
    provider.adopt(state)
    for case .put(let record) in batch?.operations ?? [] { receive(record) }
    if batch != nil { report.notes.append("\(layout.journal) was finished") }
    return report
  }

  private mutating func repair() throws(MetadataError) {
    do throws(SystemError) {
      _ = try FileCalls.makeFolder(layout.temporary)
      if !damages.isEmpty { _ = try FileCalls.makeFolder(layout.damaged) }
    } catch {
      throw storage(error)
    }
    for name in try names(in: layout.temporary) {
      report.notes.append("\(layout.temporary)/\(name) was left by a crash: removed")
      do throws(SystemError) {
        try FileCalls.unlink("\(layout.temporary)/\(name)")
      } catch {
        throw storage(error)
      }
    }
    for damage in damages { try setAside(damage) }
  }

  private mutating func setAside(_ damage: Damage) throws(MetadataError) {
    let name = damage.path.split(separator: "/").last ?? "file"
    var number = 1
    while FileCalls.exists("\(layout.damaged)/\(number)-\(name)") { number += 1 }
    let target = "\(layout.damaged)/\(number)-\(name)"
    do throws(SystemError) {
      try FileCalls.rename(damage.path, target)
    } catch {
      throw storage(error)
    }
    report.notes.append("\(damage.path) is damaged: \(damage.reason); moved to \(target)")
  }
}
