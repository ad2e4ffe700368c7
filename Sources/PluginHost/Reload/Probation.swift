import EventBus

/// The time after a reload in which the old generation is kept, suspended, with what the new one received.
struct Probation: Sendable {
  /// The generation before.
  let old: Generation
  /// What the new one received since it took over.
  let log: ProbationLog
  /// The control queue's token for the end of the time.
  let timer: UInt64
  /// Failures of the old one per delivery, when it was suspended.
  let oldFailureRate: Double
}
