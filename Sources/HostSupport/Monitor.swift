public import Glibc

/// State under a lock whose changes can be waited for: a mutex and a condition variable in one.
///
/// Threading: every method may be called from any thread. No foreign code runs under the lock: the closures must be short and
/// must not call back into the monitor. The corresponding C functions are those of `pthread_mutex_t` and `pthread_cond_t`.
@safe public final class Monitor<State>: @unchecked Sendable {
  // Safe: `state` is touched only between lock and unlock of `mutex`.
  @usableFromInline var state: State
  @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  @usableFromInline let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Starts with a state.
  public init(_ state: sending State) {
    self.state = state
    var kind = pthread_mutexattr_t()
    unsafe pthread_mutexattr_init(&kind)
    // What is done under the lock takes less time than to be woken.
    unsafe pthread_mutexattr_settype(&kind, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
    unsafe pthread_mutex_init(mutex, &kind)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
  }

  /// Reads or changes the state and wakes every waiter.
  ///
  /// - Parameter body: Runs under the lock.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  @inlinable public func update<Result: ~Copyable, Failure: Error>(
    _ body: (inout State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(condition)
      unsafe pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Reads or changes the state without waking anybody.
  ///
  /// - Parameter body: Runs under the lock.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  @inlinable public func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Reads or changes the state and wakes one waiter, where all wait for the same.
  ///
  /// - Parameter body: Runs under the lock.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  @inlinable public func updateWakingOne<Result: ~Copyable, Failure: Error>(
    _ body: (inout State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_signal(condition)
      unsafe pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Waits until `body` gives a result or the deadline passes.
  ///
  /// - Parameters:
  ///   - deadline: When to give up.
  ///   - body: Runs under the lock, first at once, then after each `update`; returns `nil` to wait on.
  /// - Returns: What `body` returned, or `nil` when the deadline passed.
  public func wait<Result>(
    until deadline: Deadline, _ body: (inout State) -> sending Result?
  ) -> sending Result? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&state) { return result }
      if deadline.nanoseconds == .max {
        unsafe pthread_cond_wait(condition, mutex)
        continue
      }
      if deadline.hasPassed { return nil }
      var time = timespec(
        tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
        tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
      unsafe pthread_cond_timedwait(condition, mutex, &time)
    }
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }
}
