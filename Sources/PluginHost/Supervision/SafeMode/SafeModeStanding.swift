/// That a host is in safe mode, how far, and why.
struct SafeModeStanding: Sendable, Equatable, Codable {
  /// How far.
  var level: SafeModeLevel
  /// Why, in prose.
  var cause: String
  /// Since when: seconds since 1970.
  var since: Double
  /// Whether an operator asked for it, for one run.
  var isByHand = false
}
