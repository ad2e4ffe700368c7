import CHostSupport
import Glibc
import HostSupport
import Synchronization

/// State under a lock that is held for some dozen instructions at a time, and whose changes can be waited for.
///
/// What `Monitor` is for state that two threads use a million times a second: who finds it locked stays awake, and to unlock it is
/// one store, which does not wait until other processors have given up what was written under the lock. Threading: any thread.
@safe final class QuickMonitor<State>: @unchecked Sendable {
  // Safe: `state` is touched only by whom `isLocked` was given to.
  private var state: State
  private let isLocked = Atomic<Bool>(false)
  private let changes = Monitor<UInt64>(0)

  init(_ state: State) { self.state = state }

  /// Reads or changes the state without waking anybody.
  @inline(__always)
  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    lock()
    defer { isLocked.store(false, ordering: .releasing) }
    return body(&state)
  }

  /// Reads or changes the state and wakes every waiter.
  func update<Result>(_ body: (inout State) -> Result) -> Result {
    defer { wake() }
    return withLock(body)
  }

  /// Lets every waiter look again.
  func wake() { changes.update { $0 &+= 1 } }

  /// Waits until `body` gives a result or the deadline passes; it runs under the lock, first at once, then after each `update`.
  func wait<Result>(until deadline: Deadline, _ body: (inout State) -> Result?) -> Result? {
    while true {
      let seen = changes.withLock { $0 }
      if let result = withLock(body) { return result }
      if deadline.hasPassed { return nil }
      _ = changes.wait(until: deadline) { $0 == seen ? nil : true }
    }
  }

  @inline(__always)
  private func lock() {
    while isLocked.exchange(true, ordering: .acquiring) { awaitUnlock() }
  }

  /// Its holder is about to unlock it, unless it lost the processor.
  private func awaitUnlock() {
    var looks = 0
    while isLocked.load(ordering: .relaxed) {
      looks += 1
      if looks < 100 { hs_pause() } else if looks < 200 { sched_yield() } else { usleep(50) }
    }
  }
}
