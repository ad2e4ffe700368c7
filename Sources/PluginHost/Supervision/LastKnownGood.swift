import FoundationEssentials
import Glibc
public import HostSupport
import Synchronization

/// The last build of each plugin that became active and survived its probation, kept so that the next start can run it.
///
/// `known-good/ID@HASH/` holds the files of a build at their places relative to the plugin, as hard links to the staged
/// copies; `known-good/index.json` says which build is whose: `{"format": 1, "builds": [{id, version, hash, file}]}`.
///
/// Threading: every method may be called from any thread; changes are made one at a time.
public final class LastKnownGood: Sendable {
  /// A kept build.
  public struct Entry: Sendable, Equatable, Codable {
    /// The plugin's id.
    public let id: String
    /// The build's version.
    public let version: String
    /// The hash of the plugin's file.
    public let hash: SHA256Digest
    /// The file's name in the build's folder.
    public let file: String

    /// The name of the build's folder.
    var folder: String { "\(StagingRequest.safe(id))@\(hash)" }
  }

  /// A build to keep.
  public struct Candidate: Sendable {
    /// The build.
    public let build: PluginBuild
    /// Its staged files; they must still be there.
    public let image: StagedImage
    /// Its sidecar manifest, if it has one.
    public let sidecar: [UInt8]?

    /// Takes what to keep.
    public init(build: PluginBuild, image: StagedImage, sidecar: [UInt8]? = nil) {
      self.build = build
      self.image = image
      self.sidecar = sidecar
    }
  }

  private struct File: Codable {
    var format = 1
    var builds: [Entry] = []
  }

  private static let name = "index.json"
  private let directory: Directory
  private let durable: Bool
  private let entries: Mutex<[String: Entry]>
  private let writing = Mutex<Void>(())

  /// Reads what a host keeps; a damaged index is set aside and nothing is kept then.
  ///
  /// - Parameters:
  ///   - state: The host's state directory.
  ///   - folder: The store's folder in it.
  ///   - durable: Whether changes wait for the disk.
  /// - Throws: The system's error.
  public init(
    in state: StateDirectory, folder: String = "known-good", durable: Bool = true
  ) throws(SystemError) {
    directory = try state.directory(folder)
    self.durable = durable
    guard let bytes = try AtomicFile.read(LastKnownGood.name, in: directory) else {
      entries = Mutex([:])
      return
    }
    guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)), file.format == 1
    else {
      try AtomicFile.setAside(LastKnownGood.name, in: directory)
      entries = Mutex([:])
      return
    }
    entries = Mutex(Dictionary(file.builds.map { ($0.id, $0) }) { $1 })
  }

  /// All kept builds, by id.
  public var list: [Entry] {
    entries.withLock { Array($0.values) }.sorted { $0.id < $1.id }
  }

  /// The kept build of a plugin: its entry, and the path of its file, to be staged like any other.
  ///
  /// - Parameter id: The plugin's id.
  /// - Returns: `nil` when none is kept, or its file is gone.
  public func build(of id: String) -> (entry: Entry, path: String)? {
    guard let entry = entries.withLock({ $0[id] }) else { return nil }
    let name = "\(entry.folder)/\(entry.file)"
    guard let status = try? directory.status(of: name), status.isRegular else { return nil }
    return (entry, directory.path(of: name))
  }

  /// Whether a build of a plugin is the one that is kept.
  public func keeps(_ id: String, _ hash: SHA256Digest) -> Bool {
    entries.withLock { $0[id]?.hash == hash }
  }

  /// Keeps builds, each in place of what was kept of its plugin.
  ///
  /// - Parameter candidates: What proved itself; what is kept already costs nothing.
  /// - Throws: The system's first error; for that plugin and those after it, what was kept stays.
  public func keep(_ candidates: [Candidate]) throws(SystemError) {
    try writing.withLock { (_) throws(SystemError) in
      let known = entries.withLock { $0 }
      let fresh = candidates.filter { known[$0.build.id]?.hash != $0.build.hash }
      guard !fresh.isEmpty else { return }
      var next = known
      for candidate in fresh { next[candidate.build.id] = try copy(candidate) }
      try save(next)
      entries.withLock { $0 = next }
      for candidate in fresh {
        if let former = known[candidate.build.id] { try directory.removeTree(former.folder) }
      }
    }
  }

  /// Stops keeping a build of a plugin.
  ///
  /// - Parameter id: The plugin's id.
  /// - Throws: The system's error.
  public func forget(_ id: String) throws(SystemError) {
    try writing.withLock { (_) throws(SystemError) in
      var next = entries.withLock { $0 }
      guard let entry = next.removeValue(forKey: id) else { return }
      try save(next)
      entries.withLock { $0 = next }
      try directory.removeTree(entry.folder)
    }
  }

  private func copy(_ candidate: Candidate) throws(SystemError) -> Entry {
    let image = candidate.image
    let file = image.source.split(separator: "/").last.map(String.init) ?? "plugin.so"
    let entry = Entry(
      id: candidate.build.id, version: candidate.build.version, hash: image.digest, file: file)
    let folder = entry.folder
    // What a host that died here may have left.
    try directory.removeTree(folder)
    try directory.makeDirectory(folder)
    try link(image.path, to: "\(folder)/\(file)")
    for library in image.libraries {
      try makeParents(of: library.relativePath, in: folder)
      try link(library.path, to: "\(folder)/\(library.relativePath)")
    }
    let inner = try directory.directory(folder)
    if let sidecar = candidate.sidecar {
      let stem = file.hasSuffix(".so") ? String(file.dropLast(3)) : file
      try AtomicFile.write(sidecar, to: "\(stem).plugin.json", in: inner, durable: durable)
    }
    if let signature = image.signature {
      try AtomicFile.write(
        signature, to: TrustPolicy.signaturePath(for: file), in: inner, durable: durable)
    }
    if durable { try inner.sync() }
    return entry
  }

  private func link(_ path: String, to name: String) throws(SystemError) {
    if unsafe linkat(AT_FDCWD, path, directory.descriptor.raw, name, 0) != 0 {
      throw SystemError("linkat", directory.path(of: name))
    }
    if durable { try directory.open(name, O_RDONLY).sync() }
  }

  private func makeParents(of relative: String, in folder: String) throws(SystemError) {
    var path = folder
    for part in relative.split(separator: "/").dropLast() {
      path += "/\(part)"
      try directory.makeDirectory(path)
    }
  }

  private func save(_ entries: [String: Entry]) throws(SystemError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = File(builds: entries.values.sorted { $0.id < $1.id })
    guard let data = try? encoder.encode(file) else {
      throw SystemError("encode", directory.path(of: LastKnownGood.name), code: EINVAL)
    }
    try AtomicFile.write(Array(data), to: LastKnownGood.name, in: directory, durable: durable)
  }
}
