import Glibc

/// State under a lock whose changes can be waited for.
///
/// Safe: `state` is touched only between lock and unlock of `mutex`. The corresponding C functions are those of
/// `pthread_mutex_t` and `pthread_cond_t`.
@safe package final class Gate<State>: @unchecked Sendable {
  private var state: State
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Starts with a state.
  package init(_ state: State) {
    self.state = state
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  /// Reads or changes the state and wakes who waits.
  @discardableResult
  package func update<Result>(_ body: (inout State) -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(changed)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Waits until a condition holds.
  package func wait(_ condition: (State) -> Bool) {
    unsafe pthread_mutex_lock(mutex)
    while !condition(state) { unsafe pthread_cond_wait(changed, mutex) }
    unsafe pthread_mutex_unlock(mutex)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }
}
