/// A subscription: how it wants its events, how it stands, and what became of them.
///
/// Failures, retries, losses and deliveries are counted over all generations that have its name.
public struct SubscriptionReport: Codable, Sendable, Equatable {
  /// How failed deliveries are tried again.
  public struct Retry: Codable, Sendable, Equatable {
    /// Deliveries of one event in all; 1 is no retry.
    public var attempts: Int
    /// Milliseconds before the second attempt.
    public var initialMilliseconds: Int
    /// Factor of the pause after each attempt.
    public var multiplier: Double
    /// Longest pause in milliseconds.
    public var capMilliseconds: Int
    /// Share of the pause that is random, 0…1.
    public var jitter: Double
  }

  /// The plugin; "dovetail" for the host's own, such as an operator's tap.
  public var plugin: String
  /// Which build of the plugin since the host started, from 1.
  public var generation: Int
  /// Unique in the plugin.
  public var name: String
  /// What it matches.
  public var pattern: String
  /// How the pattern matches: exact or glob.
  public var match: String
  /// sync or async.
  public var delivery: String
  /// Most events that may wait; `nil` for a sync one.
  public var capacity: Int?
  /// What happens to an event that finds the queue full: block, drop-oldest, drop-newest, fail or coalesce; `nil` for a sync
  /// one.
  public var overflow: String?
  /// What tells its events apart, where they coalesce or have lanes, as filters write a field.
  public var key: String?
  /// Events of different keys that are handled at once; `nil` for a sync one.
  public var lanes: Int?
  /// Higher first.
  public var priority: Int
  /// What an event must meet; all of them.
  public var filters: [String]
  /// Whether a callback of its own says which events it wants, after the filters.
  public var hasCallback: Bool
  /// How failed deliveries are tried again.
  public var retry: Retry
  /// Whether later events wait for one that failed.
  public var strictOrder: Bool
  /// Milliseconds that one call may take; `nil` for any time.
  public var timeoutMilliseconds: Int?
  /// active; suspended (a call runs past its time limit), gated (a reload), shadow (its generation has not committed), replaced
  /// (a newer generation serves, and may be rolled back) or ended.
  public var state: String
  /// Calls of the handler, each attempt one.
  public var delivered: UInt64
  /// Events that the filters of this generation kept from the handler.
  public var filtered: UInt64
  /// Deliveries that failed.
  public var failed: UInt64
  /// Attempts after the first.
  public var retried: UInt64
  /// Events that found the queue full.
  public var dropped: UInt64
  /// Events that gave way in the queue to newer ones of their keys.
  public var coalesced: UInt64
  /// Events that were given up.
  public var dead: UInt64
  /// Events that wait.
  public var queued: Int
  /// The most that ever waited.
  public var highWater: Int
  /// Milliseconds that the first of them has waited, to about 4.
  public var oldestMilliseconds: Double

  /// How long its handler takes; `nil` when no call was timed.
  public var handler: HandlerTimesReport?

  /// Describes a plain sync subscription that got nothing yet.
  public init(plugin: String, name: String, pattern: String) {
    self.plugin = plugin
    self.name = name
    self.pattern = pattern
    generation = 1
    match = "exact"
    delivery = "sync"
    priority = 0
    filters = []
    hasCallback = false
    retry = Retry(
      attempts: 1, initialMilliseconds: 100, multiplier: 2, capMilliseconds: 30_000, jitter: 0)
    strictOrder = false
    state = "active"
    (delivered, filtered, failed, retried, dropped, coalesced, dead) = (0, 0, 0, 0, 0, 0, 0)
    (queued, highWater, oldestMilliseconds) = (0, 0, 0)
  }
}
