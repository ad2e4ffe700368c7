/// A circuit breaker: what it does with calls, and how they went.
public struct BreakerReport: Codable, Sendable, Equatable {
  /// The calls of its sliding window.
  public struct Window: Codable, Sendable, Equatable {
    /// All of them.
    public var calls: Int
    /// Those that failed.
    public var failed: Int
    /// Those that took long.
    public var slow: Int

    /// Describes the calls of a window.
    public init(
      calls: Int, failed: Int, slow: Int
    ) {
      self.calls = calls
      self.failed = failed
      self.slow = slow
    }
  }

  /// What it counted since the host started, or an operator reset it.
  public struct Calls: Codable, Sendable, Equatable {
    /// Calls that went as they should.
    public var succeeded: UInt64
    /// Calls that failed.
    public var failed: UInt64
    /// Calls, of both kinds, that took long.
    public var slow: UInt64
    /// Calls that said nothing of the service.
    public var ignored: UInt64
    /// Calls that were rejected.
    public var rejected: UInt64
    /// Calls that went to a fallback.
    public var fallenBack: UInt64

    /// Describes calls.
    public init(
      succeeded: UInt64, failed: UInt64, slow: UInt64, ignored: UInt64, rejected: UInt64,
      fallenBack: UInt64
    ) {
      self.succeeded = succeeded
      self.failed = failed
      self.slow = slow
      self.ignored = ignored
      self.rejected = rejected
      self.fallenBack = fallenBack
    }
  }

  /// How often it changed.
  public struct Transitions: Codable, Sendable, Equatable {
    /// How often it opened.
    public var opened: UInt64
    /// How often it became half-open.
    public var halfOpened: UInt64
    /// How often it closed.
    public var closed: UInt64

    /// Describes changes.
    public init(
      opened: UInt64, halfOpened: UInt64, closed: UInt64
    ) {
      self.opened = opened
      self.halfOpened = halfOpened
      self.closed = closed
    }
  }

  /// When it opens, and how long.
  public struct Policy: Codable, Sendable, Equatable {
    /// Length of a count-based window, in calls.
    public var windowCalls: Int?
    /// Length of a time-based window.
    public var windowMilliseconds: Int?
    /// Calls in the window from which on rates count.
    public var minimumCalls: Int
    /// Percent of failed calls that opens it.
    public var failureRate: Int?
    /// Failures in a row that open it.
    public var consecutiveFailures: Int?
    /// From when on a call is slow.
    public var slowCallMilliseconds: Int?
    /// Percent of slow calls that opens it, where calls can be slow.
    public var slowCallRate: Int?
    /// How long it stays open the first time.
    public var openMilliseconds: Int
    /// How long it stays open at most.
    public var openMaximumMilliseconds: Int
    /// Calls that it permits when half-open.
    public var permittedCallsInHalfOpen: Int

    /// Describes when it opens.
    public init(
      windowCalls: Int? = nil, windowMilliseconds: Int? = nil, minimumCalls: Int,
      failureRate: Int? = nil, consecutiveFailures: Int? = nil, slowCallMilliseconds: Int? = nil,
      slowCallRate: Int? = nil, openMilliseconds: Int, openMaximumMilliseconds: Int,
      permittedCallsInHalfOpen: Int
    ) {
      self.windowCalls = windowCalls
      self.windowMilliseconds = windowMilliseconds
      self.minimumCalls = minimumCalls
      self.failureRate = failureRate
      self.consecutiveFailures = consecutiveFailures
      self.slowCallMilliseconds = slowCallMilliseconds
      self.slowCallRate = slowCallRate
      self.openMilliseconds = openMilliseconds
      self.openMaximumMilliseconds = openMaximumMilliseconds
      self.permittedCallsInHalfOpen = permittedCallsInHalfOpen
    }
  }

  /// `SERVICE`, `SERVICE@CALLER` or `SERVICE@CALLER/LABEL`.
  public var name: String
  /// The service, or topic of requests.
  public var service: String
  /// Id of the plugin that offers it.
  public var provider: String
  /// Id of the plugin whose calls are meant; `nil` for all that share it.
  public var caller: String?
  /// What the caller calls it, where it has several.
  public var label: String?
  /// `closed`, `open` or `half-open`.
  public var state: String
  /// When it became so, RFC 3339 in UTC; `nil` when it always was.
  public var since: String?
  /// Why it opened, or how its trial goes.
  public var reason: String?
  /// Milliseconds until an open one becomes half-open; `nil` when it does not by itself.
  public var probesInMilliseconds: UInt64?
  /// The calls of its sliding window.
  public var window: Window
  /// The last calls that failed without a success between them.
  public var consecutiveFailures: Int
  /// What it counted.
  public var calls: Calls
  /// How often it changed.
  public var transitions: Transitions
  /// When it opens, and how long.
  public var policy: Policy

  /// Describes a breaker.
  public init(
    name: String, service: String, provider: String, caller: String? = nil, label: String? = nil,
    state: String, since: String? = nil, reason: String? = nil, probesInMilliseconds: UInt64? = nil,
    window: Window, consecutiveFailures: Int, calls: Calls, transitions: Transitions, policy: Policy
  ) {
    self.name = name
    self.service = service
    self.provider = provider
    self.caller = caller
    self.label = label
    self.state = state
    self.since = since
    self.reason = reason
    self.probesInMilliseconds = probesInMilliseconds
    self.window = window
    self.consecutiveFailures = consecutiveFailures
    self.calls = calls
    self.transitions = transitions
    self.policy = policy
  }
}
