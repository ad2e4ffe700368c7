import FoundationEssentials
import HostSupport
import Synchronization

extension FileStore {
  /// Reads one record as it was saved last.
  func record(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? {
    let path = FileLayout.file(collection, key)
    switch waiting(path) {
    case .put(let record)?: return record
    case .remove?: return nil
    case nil:
      var buffer: [UInt8] = []
      return try record(path, in: folders.records, &buffer)
    }
  }

  /// Shows every record as it was saved last.
  func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {
    let waiting = waiting
    for case .put(let record) in waiting.values { receive(record) }
    var buffer: [UInt8] = []
    for file in try recordFiles() where waiting[file] == nil {
      if let record = try record(file, in: folders.records, &buffer) { receive(record) }
    }
  }

  /// The paths of all records' files below `records`.
  func recordFiles() throws(MetadataError) -> [String] {
    var files: [String] = []
    do throws(SystemError) {
      for name in try folders.records.names() { try addFiles(below: name, to: &files) }
    } catch {
      throw .storage("cannot list \(layout.root): \(error)")
    }
    return files
  }

  private func addFiles(below path: String, to files: inout [String]) throws(SystemError) {
    guard let folder = try? folders.records.directory(path) else { return }
    for name in try folder.names() {
      if name.hasSuffix(".json") {
        files.append("\(path)/\(name)")
      } else {
        try addFiles(below: "\(path)/\(name)", to: &files)
      }
    }
  }

  private func record(
    _ name: String, in folder: borrowing Directory, _ buffer: inout [UInt8]
  ) throws(MetadataError) -> MetadataRecord? {
    guard let body = try body(name, in: folder, kind: "record", &buffer) else { return nil }
    var reader = JSONReader(buffer, in: body)
    return try reader.record()
  }

  /// Reads a file that this program wrote; `nil` when it is absent.
  private func body(
    _ name: String, in folder: borrowing Directory, kind: String, _ buffer: inout [UInt8]
  ) throws(MetadataError) -> Range<Int>? {
    let path = folder.path(of: name)
    do throws(SystemError) {
      switch try FileCalls.read(
        name, in: folder, limit: FileLoader.recordLimit, into: &buffer)
      {
      case .bytes: break
      case .absent: return nil
      case .irregular, .tooLong: throw SystemError("read", path, code: 22)
      }
    } catch {
      throw .storage("cannot read \(path): \(error)")
    }
    switch Envelope.content(buffer, kind: kind) {
    case .body(let range, _): return range
    case .damaged(let reason): throw .storage("\(path) is damaged: \(reason)")
    case .newer(let format):
      throw .newerFormat(path: path, found: format, supported: Envelope.format)
    }
  }

  // MARK: Sessions

  /// Writes `sessions/NAME.json`.
  func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {
    var writer = JSONWriter(isIndented: true)
    writer.value(.bytes(session))
    do throws(SystemError) {
      if try FileCalls.makeFolder(FileLayout.sessions, in: folders.root) {
        try folders.root.sync()
      }
      let folder = try folders.root.directory(FileLayout.sessions)
      try folders.write(
        Envelope.bytes(writer.bytes, kind: "session"), to: "\(name).json", in: folder)
    } catch {
      throw .storage("cannot save the session \(name) in \(layout.root): \(error)")
    }
  }

  /// Reads `sessions/NAME.json`.
  func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? {
    var buffer: [UInt8] = []
    let file = "\(FileLayout.sessions)/\(name).json"
    guard let body = try body(file, in: folders.root, kind: "session", &buffer) else { return nil }
    var reader = JSONReader(buffer, in: body)
    guard case .bytes(let bytes) = try reader.value() else {
      throw .storage("the session \(name) in \(layout.root) holds no bytes")
    }
    return bytes
  }

  // MARK: Backup

  /// Copies the store to a folder that appears when it is whole and on the disk.
  func backup(
    to path: String, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(MetadataError) {
    let files = try checkpointedFiles()
    do throws(SystemError) {
      let parent = try Directory(FileLayout.parent(path))
      let name = FileLayout.last(path)
      guard !FileCalls.exists(name, in: parent) else {
        throw SystemError("mkdir", path, code: 17)
      }
      let partial = "\(name).partial"
      try parent.removeTree(partial)
      _ = try FileCalls.makeFolder(partial, in: parent)
      do throws(SystemError) {
        try copy(files, to: FileFolders.open(parent.directory(partial)), progress)
        try parent.take(partial, from: parent, as: name)
      } catch {
        try? parent.removeTree(partial)
        throw error
      }
      try parent.sync()
    } catch {
      throw .storage("cannot back \(layout.root) up to \(path): \(error)")
    }
  }

  private func checkpointedFiles() throws(MetadataError) -> [String] {
    do throws(SystemError) {
      try checkpoint()
      try checkpoint()
    } catch {
      throw .storage("cannot bring the journal of \(layout.root) into its files: \(error)")
    }
    return try recordFiles()
  }

  private func copy(
    _ files: [String], to target: consuming FileFolders,
    _ progress: (_ done: Int, _ total: Int) -> Void
  ) throws(SystemError) {
    var buffer: [UInt8] = []
    for (index, file) in files.enumerated() {
      if index % 1000 == 0 { progress(index, files.count) }
      let folder = try target.recordFolder(FileLayout.parent(file))
      try copy(file, of: folders.records, to: FileLayout.last(file), in: folder, &buffer)
    }
    if FileCalls.exists(FileLayout.sessions, in: folders.root) {
      _ = try FileCalls.makeFolder(FileLayout.sessions, in: target.root)
      let source = try folders.root.directory(FileLayout.sessions)
      let copies = try target.root.directory(FileLayout.sessions)
      for name in try source.names() { try copy(name, of: source, to: name, in: copies, &buffer) }
    }
    try target.writeStore(revision: state.withLock { $0.revision }, isClosed: true)
    try target.root.syncFileSystem()
    progress(files.count, files.count)
  }

  private func copy(
    _ name: String, of source: borrowing Directory, to copy: String,
    in target: borrowing Directory, _ buffer: inout [UInt8]
  ) throws(SystemError) {
    let reading = try FileCalls.read(
      name, in: source, limit: FileLoader.recordLimit, into: &buffer)
    guard case .bytes = reading else { throw SystemError("read", source.path(of: name), code: 2) }
    try target.open(copy, 0o301).write(buffer)
  }
}
