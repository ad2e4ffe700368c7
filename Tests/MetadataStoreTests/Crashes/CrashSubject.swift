import FoundationEssentials
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore
@testable import metadata_crash_writer

/// A provider that crash tests kill, starve and cut off.
struct CrashSubject: Sendable, CustomTestStringConvertible {
  let name: String
  /// Opens what is at a path.
  let provider: @Sendable (_ path: String) throws -> any PersistenceProvider

  var testDescription: String { name }

  static let all = [CrashSubject(name: "file") { FileProvider(path: $0) }]

  /// The writer's words: it is built beside the test's own program.
  func command(_ path: String, seed: UInt64, steps: Int = 0, threads: Int = 1) throws -> [String] {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return [
      FileLayout.parent(own) + "/metadata-crash-writer", path, "\(seed)", "\(steps)", "\(threads)",
    ]
  }

  /// What a store holds.
  struct Content {
    let records: CrashLedger.Records
    let revision: UInt64
    let notes: [String]
  }

  /// Opens the store at a path, reads it and closes it.
  func content(_ path: String) throws -> Content {
    let store = try MetadataStore(try provider(path))
    var records: CrashLedger.Records = [:]
    for record in store.snapshot.list(CrashScript.collection) { records[record.key] = record.value }
    let content = Content(
      records: records, revision: store.snapshot.revision, notes: store.loadReport.notes)
    try store.close()
    return content
  }
}

/// A number from the environment, for tests that run longer when they are asked to.
func setting(_ name: String, default value: Int) -> Int {
  ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
}
