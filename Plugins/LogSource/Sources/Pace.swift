/// Spreads lines over time: a bucket that fills at a steady rate and holds what a fifth of a second brings.
struct Pace: Sendable {
  /// Lines at one look when there is no limit: it bounds how long a look takes.
  static let burst = 5_000

  /// Lines a second; 0 = no limit.
  let rate: Int
  private var level = 0.0
  private var filledAt: UInt64

  init(rate: Int, now: UInt64) {
    self.rate = rate
    filledAt = now
  }

  /// How many lines may be published now.
  ///
  /// - Parameter now: Nanoseconds on a monotonic clock.
  /// - Returns: Lines; hand what was used to `spend`.
  mutating func allowance(now: UInt64) -> Int {
    guard rate > 0 else { return Pace.burst }
    let seconds = Double(now &- filledAt) / 1e9
    filledAt = now
    level = min(level + seconds * Double(rate), max(1, Double(rate) / 5))
    return Int(level)
  }

  /// Takes out what was published.
  mutating func spend(_ lines: Int) {
    guard rate > 0 else { return }
    level -= Double(lines)
  }
}
