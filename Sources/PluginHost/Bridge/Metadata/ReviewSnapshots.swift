import MetadataStore
import Synchronization

/// The snapshots that validators may read while they judge, by the tokens of their handles.
///
/// Threading: any thread.
final class ReviewSnapshots: Sendable {
  private let open = Mutex<[UInt64: MetadataSnapshot]>([:])

  /// What a token names while the judging goes on; `nil` afterwards.
  subscript(token: UInt64) -> MetadataSnapshot? { open.withLock { $0[token] } }

  /// Gives a snapshot a token for as long as `body` runs.
  func with<Result>(_ snapshot: MetadataSnapshot, _ body: (_ token: UInt64) -> Result) -> Result {
    let token = PluginInstance.makeToken()
    open.withLock { $0[token] = snapshot }
    defer { open.withLock { _ = $0.removeValue(forKey: token) } }
    return body(token)
  }
}
