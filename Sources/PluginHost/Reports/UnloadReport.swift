/// What becomes of a plugin's image when it ends, and why.
public struct UnloadReport: Codable, Sendable, Equatable {
  /// Whether the image leaves memory.
  public enum Outcome: String, Codable, Sendable {
    /// It can be unmapped when its generation ends.
    case unmappable
    /// It was unmapped, and the host saw that its addresses are gone.
    case unmapped
    /// It is stopped and revoked but stays mapped until the host ends.
    case retired
  }

  /// Whether the image leaves memory.
  public var outcome: Outcome
  /// Why it stays mapped, one reason each, such as "has Swift metadata (swift5_* sections)"; empty when it leaves.
  public var reasons: [String]

  /// Describes what becomes of an image.
  public init(_ outcome: Outcome, reasons: [String] = []) {
    self.outcome = outcome
    self.reasons = reasons
  }
}
