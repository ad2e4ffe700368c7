import Synchronization

#if hasFeature(Embedded)
  /// State under a lock. Embedded Swift has no `Mutex` and no system calls, so waiters spin: hold it for a few instructions.
  @safe struct Guarded<State: Sendable>: ~Copyable, @unchecked Sendable {
    // Safe: `storage` is touched only by the thread that holds `taken`.
    private let storage: UnsafeMutablePointer<State>
    private let taken = Atomic<Bool>(false)

    /// Starts with a state.
    init(_ state: State) {
      unsafe storage = .allocate(capacity: 1)
      unsafe storage.initialize(to: state)
    }

    /// Reads or changes the state.
    func withLock<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
      while !taken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged {
      }
      defer { taken.store(false, ordering: .releasing) }
      return unsafe body(&storage.pointee)
    }

    deinit {
      unsafe storage.deinitialize(count: 1)
      unsafe storage.deallocate()
    }
  }
#else
  /// State under a lock; no foreign code runs while it is held.
  struct Guarded<State: Sendable>: ~Copyable, Sendable {
    private let mutex: Mutex<State>

    /// Starts with a state.
    init(_ state: State) {
      mutex = Mutex(state)
    }

    /// Reads or changes the state.
    func withLock<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
      mutex.withLock { body(&$0) }
    }
  }
#endif
