import Glibc
import Synchronization

/// A counter that many threads count on without sharing memory; reading adds up.
///
/// Threading: any thread. Exact once nobody counts.
@safe final class StripedCounter: @unchecked Sendable {
  // Safe: the counters live as long as the object and are atomics.
  private static let stripes = 16
  private static let stride = 8
  private let counters: UnsafeMutablePointer<Atomic<Int>>

  init() {
    let count = Self.stripes * Self.stride
    unsafe counters = .allocate(capacity: count)
    for index in 0..<count { unsafe (counters + index).initialize(to: Atomic(0)) }
  }

  deinit { unsafe counters.deallocate() }

  /// Counts one.
  func count() {
    let thread = UInt(pthread_self())
    let stripe = Int(truncatingIfNeeded: (thread >> 12) ^ (thread >> 20)) & (Self.stripes - 1)
    unsafe counters[stripe * Self.stride].wrappingAdd(1, ordering: .relaxed)
  }

  /// How often was counted.
  var value: Int {
    var sum = 0
    for stripe in 0..<Self.stripes {
      sum += unsafe counters[stripe * Self.stride].load(ordering: .relaxed)
    }
    return sum
  }
}
