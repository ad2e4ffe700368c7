extension HostConfiguration {
  /// How `dovetail run --supervise` keeps a host alive.
  public struct Supervision: Sendable, Equatable {
    /// Milliseconds before the first restart, 1…600,000; each further one takes twice as long.
    public var firstDelay = 200
    /// Milliseconds before a restart at most, 1…3,600,000.
    public var longestDelay = 30_000
    /// Seconds that a host must serve before the delays begin anew, 1…86,400.
    public var stableSeconds = 60
    /// Restarts within `windowSeconds` before the supervisor gives up, 0…10,000.
    public var restarts = 10
    /// Seconds in which they are counted, 1…86,400.
    public var windowSeconds = 600
    /// Seconds that the control thread may be at one step, beyond what other deadlines allow it, before the host is aborted,
    /// 1…86,400; 0 for never.
    public var hangSeconds = 30

    /// The defaults.
    public init() {}
  }

  /// When hosts have died so often, without a plugin to blame, that the next one starts with less.
  public struct SafeModeRules: Sendable, Equatable {
    /// Deaths within `seconds`, 1…1,000, or one before the host was ready; 0 turns safe mode off.
    public var deaths = 3
    /// Seconds in which they are counted, 1…604,800.
    public var seconds = 600

    /// The defaults.
    public init() {}
  }

  /// The longest that one step on the control thread may take, in milliseconds.
  var longestStep: Int {
    let provider = metadata.provider.isInKernel ? 0 : metadata.providerDeadline
    let deadlines = max(lifecycleDeadline, drainDeadline, gateDeadline, provider)
    return deadlines + max(1, supervision.hangSeconds) * 1_000
  }
}
