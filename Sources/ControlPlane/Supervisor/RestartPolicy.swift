import PluginHost

/// When a host that died is started again: later each time, and not for ever.
struct RestartPolicy {
  /// What is to be done after a death.
  enum Verdict: Equatable {
    /// Start it again after so many milliseconds.
    case restart(afterMilliseconds: Int)
    /// It died so many times within the window: leave it.
    case giveUp(deaths: Int)
  }

  private let settings: HostConfiguration.Supervision
  /// When it died, in nanoseconds; of the last window.
  private var deaths: [UInt64] = []
  /// Deaths since a host served long enough, or was found to have died of a plugin that is not tried again.
  private var streak = 0

  init(_ settings: HostConfiguration.Supervision) {
    self.settings = settings
  }

  /// A host died.
  ///
  /// - Parameters:
  ///   - now: When, in nanoseconds.
  ///   - served: For how many nanoseconds it had served; `nil` when it was never ready.
  ///   - jitter: 0…1, by chance: how much of the second half of the delay is waited.
  /// - Returns: What is to be done.
  mutating func died(at now: UInt64, served: UInt64?, jitter: Double) -> Verdict {
    let window = UInt64(settings.windowSeconds) &* 1_000_000_000
    deaths.removeAll { now &- $0 >= window }
    deaths.append(now)
    guard deaths.count <= settings.restarts else { return .giveUp(deaths: deaths.count) }
    if let served, served >= UInt64(settings.stableSeconds) &* 1_000_000_000 { streak = 0 }
    let doubled = Double(settings.firstDelay) * Double(UInt64(1) << UInt64(min(streak, 40)))
    let delay = min(Double(settings.longestDelay), doubled)
    streak += 1
    return .restart(afterMilliseconds: Int(delay * (0.5 + jitter / 2)))
  }

  /// The last death was a plugin's fault, whose build is quarantined now: the next start is another one.
  mutating func blamed() {
    _ = deaths.popLast()
    streak = 0
  }
}
