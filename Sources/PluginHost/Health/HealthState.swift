/// How a plugin is.
public enum HealthState: Sendable, Equatable {
  /// Nobody knows, and why.
  case unknown(String)
  /// As it should be.
  case healthy
  /// It works, but not as well as it could; and why.
  case degraded(String)
  /// It does not work; and why.
  case unhealthy(String)

  /// `unknown`, `healthy`, `degraded` or `unhealthy`.
  public var name: String {
    switch self {
    case .unknown: "unknown"
    case .healthy: "healthy"
    case .degraded: "degraded"
    case .unhealthy: "unhealthy"
    }
  }

  /// Why; `nil` when it is healthy.
  public var reason: String? {
    switch self {
    case .healthy: nil
    case .unknown(let reason), .degraded(let reason), .unhealthy(let reason): reason
    }
  }

  /// Whether an operator should look.
  var isTrouble: Bool { rank > 1 }

  private var rank: Int {
    switch self {
    case .healthy: 0
    case .unknown: 1
    case .degraded: 2
    case .unhealthy: 3
    }
  }

  /// The worse of two; the first where both are as bad.
  func worse(_ other: HealthState) -> HealthState { other.rank > rank ? other : self }
}
