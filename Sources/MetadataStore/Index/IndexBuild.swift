import HostSupport
import Synchronization

/// How far the building of an index has come.
public struct IndexProgress: Sendable, Equatable {
  /// The collection's name.
  public let collection: String
  /// The index.
  public let index: IndexDefinition
  /// Records that were looked at.
  public let done: Int
  /// Records that the collection had when it began.
  public let total: Int
}

/// An index that is built beside the writer: from a snapshot, then from what was changed meanwhile.
///
/// Threading: any thread.
final class IndexBuild: Sendable {
  let collection: String
  let definition: IndexDefinition
  private let snapshot: Mutex<CollectionState?>
  private let total: Int
  private let done = Atomic(0)
  private let isStopped = Atomic(false)
  private let changes = Mutex<[MetadataChange]>([])

  init(_ collection: String, _ definition: IndexDefinition, of state: CollectionState) {
    self.collection = collection
    self.definition = definition
    snapshot = Mutex(state)
    total = state.records.count
  }

  var progress: IndexProgress {
    IndexProgress(
      collection: collection, index: definition, done: done.load(ordering: .relaxed), total: total)
  }

  /// Notes what is changed while it is built.
  func note(_ change: MetadataChange) {
    guard change.record.collection == collection else { return }
    changes.withLock { $0.append(change) }
  }

  /// Whether it was given up: nobody wants the index any more.
  var isGivenUp: Bool { isStopped.load(ordering: .relaxed) }

  /// Gives up.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Builds the index of the snapshot.
  ///
  /// - Returns: `nil` when it was given up.
  func build() -> CollectionIndex? {
    guard let state = snapshot.withLock({ $0.take() }) else { return nil }
    return CollectionIndex(definition, of: state.records) { looked in
      done.store(looked, ordering: .relaxed)
      return !isGivenUp
    }
  }

  /// Brings what was built up to date. Called by the writer, when nothing is changed.
  func finish(_ index: inout CollectionIndex) {
    for change in changes.withLock({ $0 }) {
      index.update(from: change.previous, to: change.isRemoval ? nil : change.record)
    }
  }
}
