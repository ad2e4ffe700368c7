/// What came of the last calls: of so many, or of those within so much time.
///
/// Adding a call takes the same time however long the window is. A window of time moves in tenths of itself: the oldest tenth is
/// forgotten as a whole. A value without a clock.
public struct SlidingWindow: Sendable {
  /// How far it reaches back.
  public enum Span: Sendable, Equatable {
    /// The last so many calls, at least 1: a count-based window.
    case calls(Int)
    /// The calls of so many nanoseconds, at least 10: a time-based window.
    case time(UInt64)
  }

  /// Calls that were counted together.
  public struct Counts: Sendable, Equatable {
    /// All of them.
    public var calls = 0
    /// Those that failed.
    public var failed = 0
    /// Those that took long, whether they failed or not.
    public var slow = 0

    /// None.
    public init() {}
  }

  private static let tenths = 10
  private static let failedBit: UInt8 = 1
  private static let slowBit: UInt8 = 2

  /// How far it reaches back.
  public let span: Span
  /// The calls within the window; one of time may have to be moved first, see `move`.
  public private(set) var counts = Counts()
  /// The last calls that failed without a success between them, also beyond the window.
  public private(set) var consecutiveFailures = 0
  /// Of a window of calls: what came of each, oldest at `place` once it is full.
  private var ring: [UInt8] = []
  private var place = 0
  /// Of a window of time: the calls of each tenth, at its number modulo ten.
  private var buckets: [Counts] = []
  /// Number of the latest tenth since the clock began.
  private var latest: UInt64 = 0

  /// An empty window.
  public init(_ span: Span) {
    self.span = span
    switch span {
    case .calls(let most): ring.reserveCapacity(most)
    case .time: buckets = Array(repeating: Counts(), count: Self.tenths)
    }
  }

  /// Adds a call.
  ///
  /// - Parameters:
  ///   - failed: Whether it failed.
  ///   - slow: Whether it took long.
  ///   - now: Nanoseconds of a clock that does not go back; not asked for in a window of calls.
  public mutating func add(failed: Bool, slow: Bool, at now: @autoclosure () -> UInt64) {
    consecutiveFailures = failed ? consecutiveFailures + 1 : 0
    switch span {
    case .calls(let most):
      let fresh = (failed ? Self.failedBit : 0) | (slow ? Self.slowBit : 0)
      if ring.count < most {
        ring.append(fresh)
      } else {
        take(ring[place], -1)
        ring[place] = fresh
        place = place + 1 == ring.count ? 0 : place + 1
      }
      take(fresh, 1)
    case .time(let length):
      move(to: now(), length)
      let index = Int(latest % UInt64(Self.tenths))
      buckets[index].calls += 1
      buckets[index].failed += failed ? 1 : 0
      buckets[index].slow += slow ? 1 : 0
      counts.calls += 1
      counts.failed += failed ? 1 : 0
      counts.slow += slow ? 1 : 0
    }
  }

  /// Forgets what is too old.
  ///
  /// - Parameter now: Nanoseconds of the clock that `add` was told.
  public mutating func move(to now: UInt64) {
    if case .time(let length) = span { move(to: now, length) }
  }

  private mutating func take(_ bits: UInt8, _ sign: Int) {
    counts.calls += sign
    if bits & Self.failedBit != 0 { counts.failed += sign }
    if bits & Self.slowBit != 0 { counts.slow += sign }
  }

  private mutating func move(to now: UInt64, _ length: UInt64) {
    let tenth = now / max(1, length / UInt64(Self.tenths))
    guard tenth > latest else { return }
    let first = max(latest + 1, tenth >= 9 ? tenth - 9 : 0)
    for number in first...tenth {
      let index = Int(number % UInt64(Self.tenths))
      counts.calls -= buckets[index].calls
      counts.failed -= buckets[index].failed
      counts.slow -= buckets[index].slow
      buckets[index] = Counts()
    }
    latest = tenth
  }
}
