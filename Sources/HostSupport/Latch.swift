import CHostSupport

/// A number that many threads wait to see changed; whoever changes it wakes all of them with one call of the system.
///
/// A `Monitor` has each of those who were woken take its lock in turn; here there is none. What was written before the number was
/// set is seen by those who see it. Threading: every method may be called from any thread.
@safe public final class Latch: @unchecked Sendable {
  // Safe: the number is touched only by the functions of `hs_latch.h`, which are atomic.
  private let latch = UnsafeMutablePointer<hs_latch>.allocate(capacity: 1)

  /// Starts with 0.
  public init() { unsafe latch.initialize(to: hs_latch(value: 0)) }

  deinit { unsafe latch.deallocate() }

  /// Sets the number and wakes all that wait.
  ///
  /// - Parameter value: Another one than before.
  public func set(_ value: UInt32) { unsafe hs_latch_set(latch, value) }

  /// Waits until the number is another one.
  ///
  /// - Parameter seen: The number that is not to be.
  /// - Returns: The number.
  public func wait(while seen: UInt32) -> UInt32 { unsafe hs_latch_wait(latch, seen) }
}
