public import HostSupport

extension HostConfiguration {
  /// How much a plugin may use before the host warns; 0 for any amount.
  public struct Budget: Sendable, Equatable {
    /// Processor time over ten seconds, in percent of one processor, 0…100,000.
    public var cpuPercent = 0
    /// Registrations, 0…10⁹.
    public var handles = 0
    /// Bytes of events in its queues, 0…1 TiB.
    public var queuedBytes = 0
    /// Bytes of images of earlier generations that stay mapped, 0…1 TiB.
    public var retiredBytes = 0
    /// Bytes of memory of its worker process, 0…1 TiB.
    public var workerBytes = 0
    /// For single plugins, by id: members of these names.
    public internal(set) var plugins: [String: JSON] = [:]

    /// The defaults.
    public init() {}

    /// Whether nothing is limited.
    var isEmpty: Bool { self == Budget() }
  }

  /// How much one plugin may use.
  func budget(of id: String) -> Budget {
    guard case .object(let own)? = budget.plugins[id] else { return budget }
    var copy = self
    for (name, value) in own { ConfigurationKey.named("budget.\(name)")?.set(&copy, value) }
    return copy.budget
  }
}
