import Testing

@testable import PluginHost

@Suite("Whatever the plugins are, the resolver")
struct ResolverInvariantTests {
  /// Plugins with relations at random, some of them impossible.
  private func randomResolver(_ seed: UInt64) throws -> Resolver {
    var random = SeededNumbers(seed: seed)
    let count = Int.random(in: 1...24, using: &random)
    let ids = (0..<count).map { "p\($0)" }
    let ranges = ["*", "^1", "^2", "~1.1", ">=1 <3"]
    func relations(_ chance: Int, _ me: String) -> [String: String] {
      var result: [String: String] = [:]
      for id in ids where id != me && Int.random(in: 0..<100, using: &random) < chance {
        result[id] = ranges.randomElement(using: &random)
      }
      return result
    }
    var builds: [Candidate] = []
    for id in ids {
      for copy in 0..<(Int.random(in: 0..<8, using: &random) == 0 ? 2 : 1) {
        let version = ["1.0.0", "1.1.5", "2.0.0"].randomElement(using: &random) ?? "1.0.0"
        builds.append(
          try ResolverTests.build(
            "\(id) \(version)", path: "\(id)-\(copy).so", requires: relations(6, id),
            optional: relations(5, id), conflicts: relations(1, id),
            before: relations(4, id).keys.sorted(), after: relations(4, id).keys.sorted()))
      }
    }
    var resolver = Resolver(candidates: builds)
    resolver.disabled = Set(ids.filter { _ in Int.random(in: 0..<20, using: &random) == 0 })
    return resolver
  }

  @Test(
    "decides for each id, and orders each after what it requires",
    arguments: 0..<300 as Range<UInt64>)
  func order(seed: UInt64) throws {
    let resolver = try randomResolver(seed)
    let resolution = resolver.resolve()
    let ids = Set(resolver.candidates.map(\.manifest.id))
    #expect(Set(resolution.outcomes.keys) == ids)
    #expect(Set(resolution.order).count == resolution.order.count)
    for (place, id) in resolution.order.enumerated() {
      guard case .resolved(let position, let dependencies)? = resolution.outcomes[id],
        let manifest = resolution.chosen[id]?.manifest
      else {
        Issue.record("\(id) is in the order but not resolved")
        continue
      }
      #expect(position == place)
      let earlier = Set(resolution.order[..<place])
      #expect(earlier.isSuperset(of: dependencies))
      for (other, range) in manifest.requires {
        #expect(dependencies.contains(other))
        #expect(resolution.chosen[other].map { range.contains($0.manifest.version) } == true)
      }
      for (other, range) in manifest.conflicts where resolution.order.contains(other) {
        #expect(resolution.chosen[other].map { range.contains($0.manifest.version) } == false)
      }
      for dependency in dependencies {
        #expect(resolution.dependents(of: dependency, transitive: true).contains(id))
      }
    }
  }

  @Test("blocks nobody without a reason and a fix", arguments: 0..<300 as Range<UInt64>)
  func reasons(seed: UInt64) throws {
    let resolution = try randomResolver(seed).resolve()
    for (id, outcome) in resolution.outcomes {
      guard case .blocked(let blockage) = outcome else { continue }
      #expect(!resolution.order.contains(id))
      #expect(blockage.chain.hasPrefix("\(id) "))
      #expect(!blockage.fix.isEmpty)
      let root = try #require(resolution.blockage(of: blockage.root))
      #expect(root.kind != .dependency)
      #expect(root.fix == blockage.fix)
    }
  }

  @Test("decides the same whatever the order of its input", arguments: 0..<60 as Range<UInt64>)
  func deterministic(seed: UInt64) throws {
    var resolver = try randomResolver(seed)
    let first = resolver.resolve()
    var random = SeededNumbers(seed: seed ^ 0xABCD)
    for _ in 0..<5 {
      resolver.candidates.shuffle(using: &random)
      let other = resolver.resolve()
      #expect(other.order == first.order)
      #expect(other.outcomes == first.outcomes)
      #expect(other.superseded == first.superseded)
      #expect(other.notes == first.notes)
    }
  }

  @Test("resolves 1,000 plugins in a chain, in a star and without relations")
  func thousand() throws {
    let chain = try (0..<1_000).map {
      try ResolverTests.build(
        "p\(1_000 + $0)", requires: $0 == 0 ? [:] : ["p\(999 + $0)": "^1"])
    }
    #expect(Resolver(candidates: chain).resolve().order == (0..<1_000).map { "p\(1_000 + $0)" })
    let star = try (0..<1_000).map {
      try ResolverTests.build("p\(1_000 + $0)", requires: $0 == 999 ? [:] : ["p1999": "^1"])
    }
    let resolution = Resolver(candidates: star).resolve()
    #expect(resolution.order.first == "p1999")
    #expect(resolution.dependents(of: "p1999", transitive: true).count == 999)
  }
}
