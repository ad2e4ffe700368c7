/// The plugins of a host and how they depend on each other.
public struct GraphReport: Codable, Sendable, Equatable {
  /// One plugin.
  public struct Node: Codable, Sendable, Equatable {
    /// The plugin's id.
    public var id: String
    /// Its version; empty when it is only asked for and not there.
    public var version: String
    /// The name of its state; "missing" when it is only asked for.
    public var state: String

    /// Describes a plugin.
    public init(id: String, version: String, state: String) {
      self.id = id
      self.version = version
      self.state = state
    }
  }

  /// One dependency.
  public struct Edge: Codable, Sendable, Equatable {
    /// The plugin that depends.
    public var from: String
    /// The plugin that it depends on.
    public var to: String
    /// "requires", "optional", "conflicts", "before" or "after".
    public var kind: String
    /// The range of versions asked for; empty when any will do.
    public var range: String
    /// Whether the dependency is met.
    public var satisfied: Bool

    /// Describes a dependency.
    public init(from: String, to: String, kind: String, range: String = "", satisfied: Bool) {
      self.from = from
      self.to = to
      self.kind = kind
      self.range = range
      self.satisfied = satisfied
    }
  }

  /// The plugins, in order of start.
  public var nodes: [Node]
  /// The dependencies, by `from`, then `to`.
  public var edges: [Edge]

  /// Describes a graph.
  public init(nodes: [Node], edges: [Edge]) {
    self.nodes = nodes
    self.edges = edges
  }
}
