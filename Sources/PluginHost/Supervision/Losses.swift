import EventBus
import Synchronization

/// Counts what was lost, by kind and plugin.
///
/// Threading: any thread; no lock is held while anything else runs.
final class Losses: Sendable {
  /// What is counted together.
  struct Key: Hashable, Sendable {
    let loss: Loss
    /// The plugin concerned; empty where there is none.
    let plugin: String
  }

  private let counts = Mutex<[Key: UInt64]>([:])

  /// Counts.
  ///
  /// - Returns: Whether it is the first of its kind for that plugin.
  @discardableResult
  func note(_ loss: Loss, _ plugin: String = "", count: Int = 1) -> Bool {
    guard count > 0 else { return false }
    return counts.withLock { counts in
      let key = Key(loss: loss, plugin: plugin)
      counts[key, default: 0] += UInt64(count)
      return counts[key] == UInt64(count)
    }
  }

  /// Counts a publish or call that did not come to its own end, where that is a loss of its own: the queue, the crash guard
  /// and who revoked it count the rest.
  func note(_ failure: CallFailure, _ plugin: String = "") {
    switch failure {
    case .gateClosed: note(Loss.gateTimeout, plugin)
    case .tooDeep: note(Loss.tooDeep, plugin)
    case .crashed, .revoked, .noMemory, .queueFull, .refused, .unfit: break
    }
  }

  /// What was counted so far.
  var totals: [Key: UInt64] { counts.withLock { $0 } }
}
