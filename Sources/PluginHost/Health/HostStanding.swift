/// Where a host is in its life.
enum HostStage: Sendable {
  case starting
  case serving
  case ending
}

/// How the host itself is.
struct HostStanding: Sendable, Equatable {
  /// Whether its control thread makes progress.
  var isLive = true
  /// Whether it has started, is not ending, and has what it needs.
  var isReady = true
  /// Why not; empty when both are true.
  var reasons: [String] = []
}
