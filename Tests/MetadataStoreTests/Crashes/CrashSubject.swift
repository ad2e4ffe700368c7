import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore
@testable import metadata_crash_writer

/// A provider that crash tests kill, starve and cut off.
enum CrashSubject: String, Sendable, CaseIterable, CustomTestStringConvertible {
  /// The kernel's, alone.
  case file
  /// The same with a host around it.
  case hostedFile = "file in a host"
  /// An outsider's, written in C.
  case keeper
  /// The plugin of `Plugins/Native`.
  case sqlite

  var testDescription: String { rawValue }

  static let all = allCases.filter { subject in
    ProviderPlugin(rawValue: subject.rawValue).map(ProviderPlugin.available.contains) ?? true
  }

  /// Where it keeps its records below the path that the writer gets.
  private var folder: String {
    switch self {
    case .file: ""
    case .hostedFile: "/store"
    case .keeper, .sqlite: "/stores/\(rawValue)"
    }
  }

  /// Whether the writer runs a host, of which the path is the state directory.
  var isHosted: Bool { self != .file }

  /// What a host keeps beside its records.
  var others: [String] {
    guard isHosted else { return [] }
    return [
      "staging", "stale-1", "journal", "journal.new", "cache", "known-good", "good-run", "previous",
      "crashes", "starting", "stopping", "safe-mode.json", "quarantine", "lock",
    ]
  }

  private func loaded() throws -> LoadedProvider? {
    switch self {
    case .file, .hostedFile: nil
    case .keeper: try LoadedProvider.keeper.get()
    case .sqlite: try LoadedProvider.sqlite.get()
    }
  }

  /// The shortest log that sqlite-store brings into its database, so that it does so often.
  private var options: String { self == .sqlite ? #"{"checkpointPages":100}"# : "{}" }

  /// After so many transactions each kind of file was written anew: the journal, or the log that the database takes over.
  var steps: Int { self == .sqlite ? 60 : 18 }

  /// The writer's words: it is built beside the test's own program.
  func command(_ path: String, seed: UInt64, steps: Int = 0, threads: Int = 1) throws -> [String] {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let provider = self == .hostedFile ? "file" : rawValue
    let words = [
      FileLayout.parent(own) + "/metadata-crash-writer", provider, path, "\(seed)", "\(steps)",
      "\(threads)",
    ]
    guard isHosted else { return words }
    return words + [try loaded()?.plugins ?? Self.noPlugins.path, options]
  }

  private static let noPlugins = TemporaryDirectory()

  /// What a store holds.
  struct Content {
    let records: CrashLedger.Records
    let revision: UInt64
    let notes: [String]
  }

  /// Opens the store that a writer had at a path, reads it and closes it.
  func content(_ path: String) throws -> Content {
    try open(path) { store in
      var records: CrashLedger.Records = [:]
      for record in store.snapshot.list(CrashScript.collection) {
        records[record.key] = record.value
      }
      return Content(
        records: records, revision: store.snapshot.revision, notes: store.loadReport.notes)
    }
  }

  /// Opens the store at a path, or makes one, and closes it.
  func open<Value: Sendable>(
    _ path: String, _ body: (MetadataStore) throws -> Value
  ) throws -> Value {
    let folder = path + folder
    // A host makes the folders that it misses.
    if isHosted, unsafe access(folder, F_OK) != 0 {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    guard let loaded = try loaded() else {
      return try Self.open(FileProvider(path: folder), body)
    }
    return try loaded.with(folder) { try Self.open($0, body) }
  }

  private static func open<Value>(
    _ provider: any PersistenceProvider, _ body: (MetadataStore) throws -> Value
  ) throws -> Value {
    let store = try MetadataStore(provider)
    let value: Value
    do {
      value = try body(store)
    } catch {
      try? store.close()
      throw error
    }
    try store.close()
    return value
  }
}

/// A number from the environment, for tests that run longer when they are asked to.
func setting(_ name: String, default value: Int) -> Int {
  ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
}
