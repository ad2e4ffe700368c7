/// What became of dead letters that an operator had delivered once more.
public struct ReplayReport: Codable, Sendable, Equatable {
  /// Those on their way to the subscription that failed. One that fails again is a new dead letter.
  public var replayed: [DeadLetterReport]
  /// Those whose subscription nobody has now: they stay.
  public var homeless: [DeadLetterReport]

  /// Describes a replay.
  public init(replayed: [DeadLetterReport], homeless: [DeadLetterReport]) {
    self.replayed = replayed
    self.homeless = homeless
  }
}
