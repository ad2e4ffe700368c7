/// Whether a host makes progress.
public enum Liveness: Sendable, Equatable {
  /// Its control thread works, or has nothing to do.
  case alive
  /// Its control thread has been at one step for longer than any deadline allows.
  case stuck(reason: String)
}
