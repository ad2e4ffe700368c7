/// Decides which plugins start and in which order, from what their manifests say. Pure: the same input gives the same result.
public struct Resolver: Sendable {
  /// All builds that there are, of all plugins, in any order.
  public var candidates: [Candidate]
  /// Ids that the configuration disables.
  public var disabled: Set<String> = []
  /// Ids that an operator unloaded.
  public var stopped: Set<String> = []
  /// Plugins that failed in this run of the host: id to the error.
  public var failed: [String: String] = [:]
  /// The file to use for an id whatever its version: id to path.
  public var pinned: [String: String] = [:]
  /// The ABI revision of the host.
  public var abi = ABIVersion.current

  /// A resolver of these builds.
  public init(candidates: [Candidate]) {
    self.candidates = candidates
  }

  /// Decides.
  ///
  /// - Returns: An outcome for every id among the candidates.
  public func resolve() -> Resolution {
    var run = ResolutionRun(self)
    return run.result()
  }
}
