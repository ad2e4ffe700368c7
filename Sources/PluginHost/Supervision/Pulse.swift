import HostSupport
import Synchronization

/// The heartbeat of a host's control thread: how long it has been at one step of what it does.
///
/// Threading: the control thread tells of its steps; any thread asks.
final class Pulse: Sendable {
  /// When the present step began, on the monotonic clock; 0 while there is nothing to do.
  private let since = Atomic<UInt64>(0)

  /// An operation begins.
  func begin() { since.store(Deadline.now(), ordering: .relaxed) }

  /// The operation goes a step further.
  func beat() {
    if since.load(ordering: .relaxed) != 0 { begin() }
  }

  /// The operation has ended.
  func end() { since.store(0, ordering: .relaxed) }

  /// Nanoseconds since the last step; 0 while there is nothing to do.
  var age: UInt64 {
    let since = since.load(ordering: .relaxed)
    let now = Deadline.now()
    return since == 0 || now < since ? 0 : now - since
  }
}
