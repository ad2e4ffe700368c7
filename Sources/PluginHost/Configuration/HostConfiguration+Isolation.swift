extension HostConfiguration {
  /// Which plugins run in processes of their own, and how those are kept.
  public struct Isolation: Sendable, Equatable {
    /// Where a plugin runs that leaves it to the host.
    public enum Place: String, Sendable, CaseIterable {
      /// In the host's process.
      case inProcess = "in-process"
      /// In a worker process.
      case isolated
    }
    /// Where a plugin runs whose manifest says nothing, or `either`.
    public var standard = Place.inProcess
    /// Ids of plugins that run in workers.
    public var isolated: [String] = []
    /// Ids of plugins that run in the host's process, though the default says otherwise.
    public var inProcess: [String] = []
    /// Contained crashes in the host's process after which a plugin is started again in a worker, 0…1,000; 0 for never.
    public var afterCrashes = 0
    /// Milliseconds after which a call into a worker that has not come back is a hang, 1…600,000.
    public var callDeadline = 8_000
    /// Microseconds that a thread waits awake for the other process before it sleeps, 0…1,000.
    public var spinMicroseconds = 50
    /// Ends of a plugin's worker within `restartSeconds` after which it is not started again, 0…1,000.
    public var restarts = 5
    /// Seconds, 1…86,400.
    public var restartSeconds = 60
    /// Milliseconds before the second start in a row; each further one waits twice as long, 1…600,000.
    public var restartDelay = 100
    /// Whether a second process stands by for each plugin that runs in a worker, to take over when that ends.
    public var standby = true
    /// The executable that workers run; `nil` for the one beside the host's own.
    public var worker: String?
  }
}
