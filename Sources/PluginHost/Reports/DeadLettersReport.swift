/// The dead letters of a host, and how many there are.
public struct DeadLettersReport: Codable, Sendable, Equatable {
  /// Letters that are held.
  public var held: Int
  /// Bytes of their events.
  public var bytes: Int
  /// Letters that gave way to newer ones since the host started.
  public var displaced: UInt64
  /// Letters that were chosen, of which `letters` are the latest.
  public var chosen: Int
  /// The latest of those that were chosen, oldest first.
  public var letters: [DeadLetterReport]

  /// Describes the dead letters of a host.
  public init(
    held: Int, bytes: Int, displaced: UInt64, chosen: Int, letters: [DeadLetterReport]
  ) {
    self.held = held
    self.bytes = bytes
    self.displaced = displaced
    self.chosen = chosen
    self.letters = letters
  }
}
