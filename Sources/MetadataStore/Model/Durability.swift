/// How safe a write is when its call returns.
public enum Durability: Int, Sendable, Comparable, CaseIterable {
  /// Applied and visible; written behind, in order; lost when the host dies first.
  case memory = 0
  /// Handed to the operating system: survives the host's death, not the machine's.
  case os = 1
  /// On the disk: survives power loss.
  case disk = 2

  /// Whether one is weaker than another.
  public static func < (left: Durability, right: Durability) -> Bool {
    left.rawValue < right.rawValue
  }
}
