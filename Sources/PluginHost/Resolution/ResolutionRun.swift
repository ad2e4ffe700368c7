/// One run of the resolver. Plugins are numbered in the order of their ids, so that the smallest number is the first id.
struct ResolutionRun {
  private let resolver: Resolver
  private let ids: [String]
  private let numbers: [String: Int]
  private let superseded: [Resolution.Superseded]
  /// The chosen build of each plugin; `nil` where two were refused as duplicates.
  private var chosen: [Candidate?] = []
  private var causes: [BlockageCause?] = []
  private var requirements: DependencyGraph
  private var notes: [String] = []

  init(_ resolver: Resolver) {
    self.resolver = resolver
    var choice = CandidateChoice(resolver)
    ids = choice.ids
    numbers = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
    requirements = DependencyGraph(nodes: ids.count)
    for id in ids {
      switch choice.choose(id) {
      case .chosen(let candidate)?:
        chosen.append(candidate)
        causes.append(Self.ownCause(candidate, resolver))
      case .duplicates(let candidates)?:
        chosen.append(nil)
        causes.append(BlockageCause(ofWithheld: id, resolver) ?? .duplicates(candidates))
      case nil:
        chosen.append(nil)
        causes.append(nil)
      }
    }
    superseded = choice.superseded.sorted { ($0.id, $0.path) < ($1.id, $1.path) }
  }

  /// What keeps a build from starting that has nothing to do with other plugins.
  private static func ownCause(_ candidate: Candidate, _ resolver: Resolver) -> BlockageCause? {
    let id = candidate.manifest.id
    if let cause = BlockageCause(ofWithheld: id, resolver) { return cause }
    if candidate.manifest.abi.major != resolver.abi.major {
      return .abi(candidate, host: resolver.abi)
    }
    if let refusal = candidate.refusal { return BlockageCause(refusal) }
    return resolver.failed[id].map { .failed(id, $0) }
  }

  mutating func result() -> Resolution {
    linkRequirements()
    spread(from: causes.indices.filter { causes[$0] != nil })
    spread(from: blockConflicts())
    spread(from: blockCycles())
    let (dependencies, order) = orderTheRest()
    return assemble(dependencies, order)
  }

  private mutating func linkRequirements() {
    for node in ids.indices {
      guard let requires = chosen[node]?.manifest.requires, !requires.isEmpty else { continue }
      for (other, range) in requires.sorted(by: { $0.key < $1.key }) {
        guard let target = numbers[other] else {
          if causes[node] == nil { causes[node] = .missing(other, range, by: ids[node], ids) }
          continue
        }
        if let candidate = chosen[target], !range.contains(candidate.manifest.version) {
          if causes[node] == nil { causes[node] = .version(candidate, range, by: ids[node]) }
          continue
        }
        requirements.add(from: node, to: target)
      }
    }
  }

  /// Blocks everybody who requires a blocked plugin, nearest first; of several to blame the first id is named.
  private mutating func spread(from start: [Int]) {
    guard !start.isEmpty else { return }
    let dependents = requirements.reversed
    var frontier = start
    while !frontier.isEmpty {
      var next: [Int: Int] = [:]
      for node in frontier {
        for dependent in dependents[node] where causes[dependent] == nil {
          next[dependent] = min(next[dependent] ?? node, node)
        }
      }
      for (dependent, culprit) in next {
        causes[dependent] = .dependency(on: ids[culprit], number: culprit)
      }
      frontier = Array(next.keys)
    }
  }

  /// Blocks both sides of every conflict among those who could start; returns them.
  private mutating func blockConflicts() -> [Int] {
    var found: [(node: Int, cause: BlockageCause)] = []
    for node in ids.indices where causes[node] == nil {
      guard let mine = chosen[node], !mine.manifest.conflicts.isEmpty else { continue }
      for (other, range) in mine.manifest.conflicts.sorted(by: { $0.key < $1.key }) {
        guard let target = numbers[other], causes[target] == nil, let theirs = chosen[target],
          range.contains(theirs.manifest.version)
        else { continue }
        found.append((node, .conflict(of: mine, with: theirs, range)))
        found.append((target, .excluded(theirs, by: mine, range)))
      }
    }
    for (node, cause) in found where causes[node] == nil { causes[node] = cause }
    return found.map(\.node)
  }

  /// Blocks the members of every cycle of requirements; returns them.
  private mutating func blockCycles() -> [Int] {
    var open = DependencyGraph(nodes: ids.count)
    for node in ids.indices where causes[node] == nil {
      for target in requirements.edges[node] { open.add(from: node, to: target) }
    }
    var blocked: [Int] = []
    for members in open.cycles() {
      let all = Set(members)
      var path: [Int] = []
      for member in members {
        if !path.contains(member) { path = open.shortestCycle(through: member, within: all) }
        let turn = path.firstIndex(of: member) ?? 0
        causes[member] = .cycle((path[turn...] + path[..<turn]).map { ids[$0] })
      }
      blocked += members
    }
    return blocked
  }

  /// Finds the order of those who start.
  ///
  /// An optional dependency that would close a cycle yields, and so does a hint; both are noted.
  private mutating func orderTheRest() -> (dependencies: DependencyGraph, order: [Int]) {
    let starting = ids.indices.filter { causes[$0] == nil && chosen[$0] != nil }
    var graph = DependencyGraph(nodes: ids.count)
    for node in starting {
      for target in requirements.edges[node] { graph.add(from: node, to: target) }
    }
    let dependencies = adding(optionalEdges(starting), to: graph) { from, to in
      "\(from) starts without waiting for its optional \(to), which depends on it"
    }
    let ordered = adding(hintEdges(starting), to: dependencies) { from, to in
      "the hint that \(from) starts after \(to) is not followed: it would close a cycle"
    }
    return (dependencies, ordered.order(of: starting))
  }

  /// Adds the edges that lie in no cycle, and notes the others.
  private mutating func adding(
    _ edges: [(from: Int, to: Int)], to graph: DependencyGraph,
    note: (_ from: String, _ to: String) -> String
  ) -> DependencyGraph {
    guard !edges.isEmpty else { return graph }
    var all = graph
    for edge in edges { all.add(from: edge.from, to: edge.to) }
    let component = all.components()
    var result = graph
    for edge in edges {
      if component[edge.from] == component[edge.to] {
        notes.append(note(ids[edge.from], ids[edge.to]))
      } else {
        result.add(from: edge.from, to: edge.to)
      }
    }
    return result
  }

  private mutating func optionalEdges(_ starting: [Int]) -> [(from: Int, to: Int)] {
    var edges: [(from: Int, to: Int)] = []
    for node in starting {
      for (other, range) in chosen[node]?.manifest.optional ?? [:] {
        guard let target = numbers[other], causes[target] == nil, let candidate = chosen[target]
        else { continue }
        let version = candidate.manifest.version
        if range.contains(version) {
          edges.append((node, target))
        } else {
          notes.append("\(ids[node]) does without \(other): it wants \(range), not \(version)")
        }
      }
    }
    return edges
  }

  private func hintEdges(_ starting: [Int]) -> [(from: Int, to: Int)] {
    var edges: [(from: Int, to: Int)] = []
    for node in starting {
      for other in chosen[node]?.manifest.after ?? [] {
        if let target = startable(other), target != node { edges.append((node, target)) }
      }
      for other in chosen[node]?.manifest.before ?? [] {
        if let target = startable(other), target != node { edges.append((target, node)) }
      }
    }
    return edges
  }

  private func startable(_ id: String) -> Int? {
    guard let node = numbers[id], causes[node] == nil, chosen[node] != nil else { return nil }
    return node
  }

  private func assemble(_ dependencies: DependencyGraph, _ order: [Int]) -> Resolution {
    var outcomes: [String: Resolution.Outcome] = [:]
    outcomes.reserveCapacity(ids.count)
    var dependents: [String: [String]] = [:]
    for (position, node) in order.enumerated() {
      let needed = dependencies.edges[node].sorted().map { ids[$0] }
      outcomes[ids[node]] = .resolved(position: position, dependencies: needed)
      for other in needed { dependents[other, default: []].append(ids[node]) }
    }
    let prose = BlockageProse(ids: ids, causes: causes)
    for node in ids.indices where causes[node] != nil {
      outcomes[ids[node]] = .blocked(prose.blockage(of: node))
    }
    var winners: [String: Candidate] = [:]
    winners.reserveCapacity(ids.count)
    for node in ids.indices { winners[ids[node]] = chosen[node] }
    return Resolution(
      order: order.map { ids[$0] }, outcomes: outcomes, chosen: winners, superseded: superseded,
      notes: notes.sorted(), directDependents: dependents)
  }
}
