public import PluginSDK

/// Of circuit breakers.
extension HostEvents {
  /// The circuit breaker of a service rejects calls. Its name is the event's subject.
  public static let breakerOpened = EventType<BreakerOpened>("breaker.opened")
  /// A circuit breaker permits a few calls, to see how they go.
  public static let breakerHalfOpen = EventType<BreakerChange>("breaker.half_open")
  /// A circuit breaker permits calls again.
  public static let breakerClosed = EventType<BreakerChange>("breaker.closed")

  /// Which circuit breaker changed.
  public struct BreakerChange: Codable, Sendable, Equatable {
    /// The service, or topic of requests.
    public var service: String
    /// Id of the plugin that offers it.
    public var provider: String
    /// Id of the plugin whose calls are meant; empty for all that share it.
    public var caller: String
    /// What the caller calls it, where it has several; else empty.
    public var label: String
    /// Number of the change: of two, the later one has the larger.
    public var change: Int

    /// Describes a change.
    public init(
      service: String, provider: String, caller: String = "", label: String = "", change: Int
    ) {
      self.service = service
      self.provider = provider
      self.caller = caller
      self.label = label
      self.change = change
    }
  }

  /// Which circuit breaker opened, and why.
  public struct BreakerOpened: Codable, Sendable, Equatable {
    /// The service, or topic of requests.
    public var service: String
    /// Id of the plugin that offers it.
    public var provider: String
    /// Id of the plugin whose calls are meant; empty for all that share it.
    public var caller: String
    /// What the caller calls it, where it has several; else empty.
    public var label: String
    /// Number of the change: of two, the later one has the larger.
    public var change: Int
    /// Why it opened, in half a sentence.
    public var reason: String
    /// Milliseconds until it permits calls to see how they go; -1 when an operator has to close it.
    public var probesIn: Int

    private enum CodingKeys: String, CodingKey {
      case service, provider, caller, label, change, reason
      case probesIn = "probes_in_ms"
    }

    /// Describes an opening.
    public init(
      service: String, provider: String, caller: String = "", label: String = "", change: Int,
      reason: String, probesIn: Int
    ) {
      self.service = service
      self.provider = provider
      self.caller = caller
      self.label = label
      self.change = change
      self.reason = reason
      self.probesIn = probesIn
    }
  }
}
