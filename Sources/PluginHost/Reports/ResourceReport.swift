/// What a plugin uses.
public struct ResourceReport: Codable, Sendable, Equatable {
  /// Seconds of processor time on threads of the host, its worker's included; by samples, twenty a second.
  public var cpuSeconds = 0.0
  /// Registrations that it holds: subscriptions, services, timers, watches, snapshots and their like.
  public var handles = 0
  /// Events that wait in its queues.
  public var queuedEvents = 0
  /// Bytes of them, estimated from some of each queue.
  public var queuedBytes = 0
  /// Images of earlier generations that stay mapped.
  public var retiredImages = 0
  /// Bytes of address space that they hold.
  public var retiredBytes = 0
  /// Bytes of memory that its worker process has for itself; `nil` when it has none.
  public var workerBytes: Int?

  /// Nothing used.
  public init() {}
}
