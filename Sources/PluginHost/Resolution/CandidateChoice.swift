/// Chooses one build of each plugin: the pinned one, else the newest usable one that suits those who need it.
struct CandidateChoice {
  /// What was found for one id.
  enum Result {
    /// This build is taken.
    case chosen(Candidate)
    /// Two builds of one version, neither of which is better.
    case duplicates([Candidate])
  }

  private let resolver: Resolver
  private let groups: [String: [Candidate]]
  /// The ranges in which usable builds of others require each id, for ids of which there are several builds.
  private var wanted: [String: [VersionRange]] = [:]
  private(set) var superseded: [Resolution.Superseded] = []

  init(_ resolver: Resolver) {
    self.resolver = resolver
    groups = Dictionary(grouping: resolver.candidates, by: \.manifest.id)
    let contested = groups.filter { $0.value.count > 1 }
    guard !contested.isEmpty else { return }
    for candidate in resolver.candidates where isUsable(candidate) {
      for (id, range) in candidate.manifest.requires where contested[id] != nil {
        wanted[id, default: []].append(range)
      }
    }
  }

  /// All ids, sorted.
  var ids: [String] { groups.keys.sorted() }

  mutating func choose(_ id: String) -> Result? {
    guard let group = groups[id], let first = group.first else { return nil }
    guard group.count > 1 else { return .chosen(first) }
    let sorted = group.sorted { ($1.manifest.version, $0.path) < ($0.manifest.version, $1.path) }
    if let path = resolver.pinned[id], let pinned = sorted.first(where: { $0.path == path }) {
      return take(pinned, of: sorted, because: "is pinned")
    }
    let usable = sorted.filter(isUsable)
    guard !usable.isEmpty else {
      return take(sorted[0], of: sorted, because: "is newer, though not usable either")
    }
    let suiting = usable.filter { candidate in
      (wanted[id] ?? []).allSatisfy { $0.contains(candidate.manifest.version) }
    }
    let best = suiting.isEmpty ? usable : suiting
    let equals = best.filter { $0.manifest.version == best[0].manifest.version }
    guard equals.count == 1 else { return .duplicates(equals) }
    let isNewest = best[0].manifest.version == usable[0].manifest.version
    return take(
      best[0], of: sorted,
      because: isNewest ? "is the newest usable version" : "is the newest version that all accept")
  }

  private func isUsable(_ candidate: Candidate) -> Bool {
    candidate.refusal == nil && candidate.manifest.abi.major == resolver.abi.major
  }

  private mutating func take(
    _ winner: Candidate, of group: [Candidate], because reason: String
  ) -> Result {
    let id = winner.manifest.id
    for loser in group where loser.path != winner.path {
      superseded.append(
        .init(
          id: id, path: loser.path,
          reason: "\(id) \(loser.manifest.version) is not used:"
            + " \(winner.manifest.version) (\(winner.path)) \(reason)"))
    }
    return .chosen(winner)
  }
}
