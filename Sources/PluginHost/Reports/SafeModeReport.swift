/// That a host runs with less than everything, and why.
public struct SafeModeReport: Codable, Sendable, Equatable {
  /// How far: `known-good` or `no-plugins`.
  public var level: String
  /// Why, in prose.
  public var cause: String
  /// Since when, RFC 3339 in UTC.
  public var since: String
  /// Whether an operator asked for it, for this run only.
  public var byHand: Bool
  /// Ids of the plugins that do not run because of it.
  public var heldBack: [String]

  /// Describes it.
  public init(level: String, cause: String, since: String, byHand: Bool, heldBack: [String]) {
    self.level = level
    self.cause = cause
    self.since = since
    self.byHand = byHand
    self.heldBack = heldBack
  }
}
