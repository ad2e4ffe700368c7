/// What the resolver decided: who starts, in which order, and why the others do not.
public struct Resolution: Sendable {
  /// What was decided for one plugin.
  public enum Outcome: Sendable, Equatable {
    /// It starts at this place (0…) after these plugins, sorted by id.
    case resolved(position: Int, dependencies: [String])
    /// It does not start.
    case blocked(Blockage)
  }

  /// A build that lost against another of the same id.
  public struct Superseded: Sendable, Equatable {
    /// The plugin's id.
    public let id: String
    /// The file that is not used.
    public let path: String
    /// Why, in one sentence.
    public let reason: String
  }

  /// The ids of the plugins that start, in start order; stop is its reverse.
  public let order: [String]
  /// What was decided, by id.
  public let outcomes: [String: Outcome]
  /// The build that was chosen, by id; none where two files were refused as duplicates.
  public let chosen: [String: Candidate]
  /// Builds that lost against another of the same id, by path.
  public let superseded: [Superseded]
  /// Hints and optional dependencies that could not be followed, in prose, sorted.
  public let notes: [String]
  /// Who depends on whom directly, among those who start.
  let directDependents: [String: [String]]

  /// The blockage of a plugin, or `nil` when it starts or is not known.
  public func blockage(of id: String) -> Blockage? {
    guard case .blocked(let blockage)? = outcomes[id] else { return nil }
    return blockage
  }

  /// The plugins that a plugin depends on directly, sorted; empty when it does not start.
  public func dependencies(of id: String) -> [String] {
    guard case .resolved(_, let dependencies)? = outcomes[id] else { return [] }
    return dependencies
  }

  /// The plugins that depend on a plugin, by `requires` or a present `optional`, in start order.
  ///
  /// - Parameters:
  ///   - id: The plugin that they depend on; it is not among them.
  ///   - transitive: Whether those who depend on it by way of others are meant too.
  /// - Returns: Ids in start order.
  public func dependents(of id: String, transitive: Bool) -> [String] {
    var found = Set(directDependents[id] ?? [])
    if transitive {
      var open = Array(found)
      while let next = open.popLast() {
        for dependent in directDependents[next] ?? [] where found.insert(dependent).inserted {
          open.append(dependent)
        }
      }
    }
    return found.sorted { position($0) < position($1) }
  }

  private func position(_ id: String) -> Int {
    guard case .resolved(let position, _)? = outcomes[id] else { return .max }
    return position
  }
}
