/// Which dead letters an operator means.
public enum DeadLetterChoice: Sendable, Equatable {
  /// Those with these numbers.
  case ids(Set<UInt64>)
  /// Those whose events were published to a topic that the pattern matches.
  case topic(String)
  /// All of them.
  case all
}
