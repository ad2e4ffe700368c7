/// When a plugin's workers ended, and what follows for the next: at once, later, or not at all.
struct RestartLedger: Sendable {
  private static let longestDelay = 30_000

  private var ends: [UInt64] = []

  /// Notes an end.
  ///
  /// - Parameters:
  ///   - isolation: How many there may be, in what time.
  ///   - now: Nanoseconds on the monotonic clock.
  /// - Returns: Milliseconds to wait before the next start; `nil` when there were too many.
  mutating func note(_ isolation: HostConfiguration.Isolation, now: UInt64) -> Int? {
    let window = UInt64(isolation.restartSeconds) * 1_000_000_000
    ends.removeAll { now &- $0 >= window }
    ends.append(now)
    guard ends.count <= isolation.restarts else { return nil }
    // The first start follows at once: what ends once in a while costs its callers nothing more.
    guard ends.count > 1 else { return 0 }
    let doublings = min(ends.count - 2, 20)
    return min(isolation.restartDelay << doublings, Self.longestDelay)
  }
}
