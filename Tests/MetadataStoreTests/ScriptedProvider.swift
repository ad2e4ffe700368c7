import HostSupport

@testable import MetadataStore

/// A provider in memory that notes what it is asked to save, and fails or waits when it is told to.
final class ScriptedProvider: PersistenceProvider {
  struct State: Sendable {
    var saved: [PersistenceBatch] = []
    var durabilities: [Durability] = []
    var isFailing = false
    var isBlocked = false
    var attempts = 0
    var syncs = 0
    var isClosed = false
  }

  let state = Monitor(State())
  var name: String { "scripted" }
  var strongest: Durability { .disk }

  func load(_ receive: (MetadataRecord) -> Void) throws(MetadataError) -> LoadReport {
    var report = LoadReport()
    report.revision = 10
    return report
  }

  func save(
    _ batch: PersistenceBatch, durability: Durability
  ) throws(MetadataError) -> Durability {
    state.update { $0.attempts += 1 }
    _ = state.wait(until: .after(milliseconds: 5000)) { $0.isBlocked ? nil : true }
    return try state.update { (state) throws(MetadataError) -> Durability in
      guard !state.isFailing else { throw .storage("write: No space left on device") }
      state.saved.append(batch)
      state.durabilities.append(durability)
      return durability
    }
  }

  func load(_ collection: String, _ key: String) throws(MetadataError) -> MetadataRecord? { nil }
  func forEach(_ receive: (MetadataRecord) -> Void) throws(MetadataError) {}
  func saveSession(_ session: [UInt8], as name: String) throws(MetadataError) {}
  func loadSession(_ name: String) throws(MetadataError) -> [UInt8]? { nil }
  func sync() throws(MetadataError) { state.update { $0.syncs += 1 } }
  func close() throws(MetadataError) { state.update { $0.isClosed = true } }

  /// Waits until something is so, at most five seconds.
  func wait(for condition: (State) -> Bool) -> Bool {
    state.wait(until: .after(milliseconds: 5000)) { condition($0) ? true : nil } ?? false
  }
}
