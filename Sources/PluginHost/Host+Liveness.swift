import HostSupport

/// Whether the host makes progress.
extension Host {
  /// Whether its control thread does; readable on any thread, without waiting.
  public var liveness: Liveness {
    let milliseconds = core.pulse.age / 1_000_000
    guard milliseconds > UInt64(configuration.longestStep) else { return .alive }
    return .stuck(
      reason: "the control thread has been at one step for \(milliseconds / 1_000) s, "
        + "longer than every deadline allows")
  }
}
