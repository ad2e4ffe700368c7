/// Why a plugin is in its state: a causal chain in prose, and the smallest fix.
public struct Explanation: Codable, Sendable, Equatable {
  /// The plugin's id.
  public var id: String
  /// The name of its state.
  public var state: String
  /// One sentence a line, each the cause of the one before.
  public var chain: [String]
  /// The smallest change that would make it active; `nil` when it is.
  public var fix: String?

  /// Explains a state.
  public init(id: String, state: String, chain: [String], fix: String? = nil) {
    self.id = id
    self.state = state
    self.chain = chain
    self.fix = fix
  }
}
