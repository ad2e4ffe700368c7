import CHostSupport
import FoundationEssentials
import Glibc
public import HostSupport
import Synchronization

/// The builds that are not tried again, by the hash of their file. A new build of the same plugin is tried by itself.
///
/// They lie in `quarantine/builds.json`: `{"format": 1, "entries": [{hash, id, version, cause, phase, time}]}`, replaced
/// whole and with fsync at every change.
///
/// Threading: every method may be called from any thread; changes are made one at a time.
public final class Quarantine: Sendable {
  /// A build in quarantine.
  public struct Entry: Sendable, Equatable, Codable {
    /// The hash of the build's file.
    public let hash: SHA256Digest
    /// The plugin's id.
    public let id: String
    /// The build's version.
    public let version: String
    /// What it did, in prose.
    public let cause: String
    /// In which phase, if that is known.
    public let phase: LifecyclePhase?
    /// When it was put here: seconds since 1970.
    public let time: Double
  }

  private struct File: Codable {
    var format = 1
    var entries: [Entry] = []
  }

  private static let name = "builds.json"
  private let directory: Directory
  private let entries: Mutex<[SHA256Digest: Entry]>
  private let writing = Mutex<Void>(())
  /// The name that a damaged file was kept under, relative to the state directory; `nil` when there was none.
  public let damaged: String?

  /// Reads the quarantine of a host; a damaged file is set aside and nobody is in quarantine then.
  ///
  /// - Throws: The system's error.
  public init(in state: StateDirectory) throws(SystemError) {
    directory = try state.directory("quarantine")
    guard let bytes = try AtomicFile.read(Quarantine.name, in: directory) else {
      entries = Mutex([:])
      damaged = nil
      return
    }
    guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)), file.format == 1
    else {
      damaged = "quarantine/\(try AtomicFile.setAside(Quarantine.name, in: directory))"
      entries = Mutex([:])
      return
    }
    damaged = nil
    entries = Mutex(Dictionary(file.entries.map { ($0.hash, $0) }) { $1 })
  }

  /// All builds in quarantine, by id, then by time, then by version.
  public var list: [Entry] {
    entries.withLock { Array($0.values) }.sorted {
      ($0.id, $0.time, $0.version) < ($1.id, $1.time, $1.version)
    }
  }

  /// Why a build is in quarantine, or `nil` when it is not.
  public func why(_ hash: SHA256Digest) -> Entry? {
    entries.withLock { $0[hash] }
  }

  /// The builds that a text means: a plugin's id, or at least six first digits of a hash.
  public func matching(_ text: String) -> [Entry] {
    list.filter { entry in
      entry.id == text || (text.count >= 6 && entry.hash.description.hasPrefix(text.lowercased()))
    }
  }

  /// Puts a build into quarantine and waits until that is on the disk. The first cause of a build stays.
  ///
  /// - Parameter cause: The build and why.
  /// - Throws: The system's error; the build is in quarantine nevertheless, until the host ends.
  public func add(_ cause: QuarantineCause) throws(SystemError) {
    let entry = Entry(
      hash: cause.build.hash, id: cause.build.id, version: cause.build.version,
      cause: cause.cause, phase: cause.phase,
      time: Double(LogTime.now() / 1_000_000) / 1_000)
    entries.withLock { entries in
      if entries[entry.hash] == nil { entries[entry.hash] = entry }
    }
    try save()
  }

  /// Lets the builds that a text means be tried again.
  ///
  /// - Parameter text: As in `matching`.
  /// - Returns: The builds that were let out.
  /// - Throws: The system's error; they are let out nevertheless, until the host ends.
  @discardableResult
  public func clear(_ text: String) throws(SystemError) -> [Entry] {
    let found = matching(text)
    guard !found.isEmpty else { return [] }
    entries.withLock { entries in
      for entry in found { entries[entry.hash] = nil }
    }
    try save()
    return found
  }

  private func save() throws(SystemError) {
    try writing.withLock { (_) throws(SystemError) in
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      guard let data = try? encoder.encode(File(entries: list)) else {
        throw SystemError("encode", directory.path(of: Quarantine.name), code: EINVAL)
      }
      try AtomicFile.write(Array(data), to: Quarantine.name, in: directory)
    }
  }
}
