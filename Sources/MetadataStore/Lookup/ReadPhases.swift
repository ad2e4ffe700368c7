import Glibc
import Synchronization

/// Tells a writer when every reader that could still see what it took away has gone.
///
/// Readers count themselves in and out of one of two phases, in memory that few threads share; nothing foreign runs meanwhile, so
/// they are soon gone. What was taken away may be freed when the phase that was not in use has been seen empty, then the phases
/// were switched, and then the other one has been seen empty (as sleepable RCU does it). The writer never waits: it looks.
///
/// Threading: `enter` and `leave` on any thread; `advance` on the writer's.
@safe final class ReadPhases: @unchecked Sendable {
  // Safe: the counters live as long as the object and are atomics.
  private static let stripes = 16
  /// Atomics of one cache line.
  private static let stride = 8
  private let counters: UnsafeMutablePointer<Atomic<Int>>
  private let phase = Atomic(0)

  init() {
    let count = Self.stripes * Self.stride
    unsafe counters = .allocate(capacity: count)
    for index in 0..<count { unsafe (counters + index).initialize(to: Atomic(0)) }
  }

  deinit { unsafe counters.deallocate() }

  /// Counts the calling thread in.
  ///
  /// - Returns: What to pass to `leave`.
  @inline(__always)
  func enter() -> Int {
    let thread = UInt(pthread_self())
    let stripe = Int(truncatingIfNeeded: (thread >> 12) ^ (thread >> 20)) & (Self.stripes - 1)
    let index = stripe * Self.stride + phase.load(ordering: .relaxed)
    unsafe counters[index].add(1, ordering: .sequentiallyConsistent)
    return index
  }

  /// Counts the calling thread out.
  @inline(__always)
  func leave(_ index: Int) {
    unsafe counters[index].subtract(1, ordering: .releasing)
  }

  /// How far a grace period has come.
  enum Grace {
    /// The phase that is not in use was not seen empty yet.
    case begun
    /// The phases were switched; this one was not seen empty yet.
    case switched(from: Int)
    /// All readers from before have gone.
    case over
  }

  /// Looks whether a grace period can go on, without waiting. At most one is under way at a time.
  func advance(_ grace: Grace) -> Grace {
    switch grace {
    case .begun:
      let present = phase.load(ordering: .relaxed)
      guard isEmpty(1 - present) else { return grace }
      phase.store(1 - present, ordering: .sequentiallyConsistent)
      return advance(.switched(from: present))
    case .switched(let former): return isEmpty(former) ? .over : grace
    case .over: return grace
    }
  }

  private func isEmpty(_ phase: Int) -> Bool {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    var readers = 0
    for stripe in 0..<Self.stripes {
      readers += unsafe counters[stripe * Self.stride + phase].load(ordering: .acquiring)
    }
    return readers == 0
  }
}
