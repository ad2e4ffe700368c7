import Glibc

/// Pauses that grow with each attempt up to a cap, and are spread by chance: capped exponential back-off with jitter.
///
/// A value without a clock. Who tries again counts the attempts, or has them counted here: `next` and `reset`.
public struct Backoff: Sendable, Equatable {
  /// Nanoseconds of the first pause.
  public var initial: UInt64
  /// Factor of the pause after each attempt, at least 1.
  public var multiplier: Double
  /// Nanoseconds of the longest pause, before the jitter.
  public var cap: UInt64
  /// Share of the pause that is random, 0…1: a pause of 100 ms with 0.2 lasts 80…120 ms.
  public var jitter: Double
  /// Pauses that `next` has given since the last `reset`.
  public private(set) var attempts = 0

  /// Describes pauses.
  ///
  /// The default is that of control operations, which watch other threads come to an end: 20 µs, doubling to 1 ms.
  ///
  /// - Parameters:
  ///   - initial: Nanoseconds of the first pause.
  ///   - multiplier: Factor of the pause after each attempt, at least 1.
  ///   - cap: Nanoseconds of the longest pause, before the jitter.
  ///   - jitter: Share of the pause that is random, 0…1.
  public init(
    initial: UInt64 = 20_000, multiplier: Double = 2, cap: UInt64 = 1_000_000, jitter: Double = 0
  ) {
    self.initial = initial
    self.multiplier = multiplier
    self.cap = cap
    self.jitter = jitter
  }

  /// The pause after so many attempts that failed.
  ///
  /// - Parameters:
  ///   - attempts: 1…; anything less counts as 1.
  ///   - random: 0…1, where the pause lies within the jitter.
  /// - Returns: Nanoseconds.
  public func pause(after attempts: Int, random: Double) -> UInt64 {
    var pause = Double(initial)
    let longest = Double(cap)
    for _ in 1..<max(1, attempts) where pause < longest { pause *= multiplier }
    let spread = min(pause, longest) * (1 - jitter + 2 * jitter * random)
    return spread < 9e18 ? UInt64(max(0, spread)) : 9_000_000_000_000_000_000
  }

  /// Counts an attempt that failed.
  ///
  /// - Parameter random: 0…1, where the pause lies within the jitter.
  /// - Returns: Nanoseconds to wait before the next one.
  public mutating func next(random: Double = 0.5) -> UInt64 {
    attempts += 1
    return pause(after: attempts, random: random)
  }

  /// Starts again with the first pause, after a success.
  public mutating func reset() { attempts = 0 }

  /// Counts an attempt and pauses on this thread. The corresponding C function is `nanosleep`.
  public mutating func wait() {
    let pause = next()
    var time = timespec(tv_sec: Int(pause / 1_000_000_000), tv_nsec: Int(pause % 1_000_000_000))
    unsafe nanosleep(&time, nil)
  }
}
