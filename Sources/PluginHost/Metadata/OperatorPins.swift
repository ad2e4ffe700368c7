import MetadataStore
import Synchronization

/// Snapshots of the store that operators read page by page.
///
/// Threading: any thread.
public final class OperatorPins: Sendable {
  /// The most at a time.
  static let most = 16

  private struct State {
    var next: UInt64 = 0
    var snapshots: [UInt64: MetadataSnapshot] = [:]
  }

  private let state = Mutex(State())

  /// None yet.
  public init() {}

  /// How many are held.
  var count: Int { state.withLock { $0.snapshots.count } }

  /// Holds a snapshot.
  ///
  /// - Returns: Its number; `nil` when there are 16 already.
  func add(_ snapshot: MetadataSnapshot) -> UInt64? {
    state.withLock { state in
      guard state.snapshots.count < Self.most else { return nil }
      state.next += 1
      state.snapshots[state.next] = snapshot
      return state.next
    }
  }

  /// One that is held.
  func find(_ number: UInt64) -> MetadataSnapshot? { state.withLock { $0.snapshots[number] } }

  /// Lets one go.
  func remove(_ number: UInt64) { state.withLock { $0.snapshots[number] = nil } }
}
