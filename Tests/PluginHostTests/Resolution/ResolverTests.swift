import Testing

@testable import PluginHost

@Suite("The resolver")
struct ResolverTests {
  /// A build in few words: `"a 1.2.0"` with its relations.
  static func build(
    _ name: String, path: String? = nil, requires: [String: String] = [:],
    optional: [String: String] = [:], conflicts: [String: String] = [:], before: [String] = [],
    after: [String] = [], abi: ABIVersion = .current, refusal: Candidate.Refusal? = nil
  ) throws -> Candidate {
    let parts = name.split(separator: " ").map(String.init)
    let version = try SemanticVersion(parsing: parts.count > 1 ? parts[1] : "1.0.0")
    var manifest = Manifest(id: parts[0], version: version, abi: abi)
    manifest.requires = try requires.mapValues { try VersionRange(parsing: $0) }
    manifest.optional = try optional.mapValues { try VersionRange(parsing: $0) }
    manifest.conflicts = try conflicts.mapValues { try VersionRange(parsing: $0) }
    manifest.before = before
    manifest.after = after
    return Candidate(manifest: manifest, path: path ?? "\(parts[0]).so", refusal: refusal)
  }

  private func resolve(
    _ candidates: [Candidate], _ change: (inout Resolver) -> Void = { _ in }
  ) -> Resolution {
    var resolver = Resolver(candidates: candidates)
    change(&resolver)
    return resolver.resolve()
  }

  private func expectBlocked(
    _ resolution: Resolution, _ id: String, _ kind: Blockage.Kind, _ chain: String, fix: String,
    root: String, _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(
      resolution.blockage(of: id)
        == Blockage(kind: kind, chain: chain, fix: fix, root: root), sourceLocation: location)
  }

  @Test("of nothing gives nothing")
  func nothing() {
    let resolution = resolve([])
    #expect(resolution.order.isEmpty && resolution.outcomes.isEmpty)
  }

  @Test("starts what is required first, and the first id where the choice is free")
  func order() throws {
    let resolution = resolve([
      try Self.build("z"), try Self.build("a", requires: ["m": "*"]),
      try Self.build("m", requires: ["z": "^1"]), try Self.build("b"),
      try Self.build("c", optional: ["z": "*", "absent": "*"]),
    ])
    #expect(resolution.order == ["b", "z", "c", "m", "a"])
    #expect(resolution.outcomes["a"] == .resolved(position: 4, dependencies: ["m"]))
    #expect(resolution.dependencies(of: "c") == ["z"])
    #expect(resolution.dependents(of: "z", transitive: false) == ["c", "m"])
    #expect(resolution.dependents(of: "z", transitive: true) == ["c", "m", "a"])
    #expect(resolution.dependents(of: "a", transitive: true).isEmpty)
    #expect(resolution.dependents(of: "unknown", transitive: true).isEmpty)
  }

  @Test("follows before and after, unless that would close a cycle")
  func hints() throws {
    let followed = resolve([
      try Self.build("a", after: ["c", "absent", "a"]), try Self.build("b"),
      try Self.build("c"), try Self.build("d", before: ["a", "b"]),
    ])
    #expect(followed.order == ["c", "d", "a", "b"])
    #expect(followed.dependencies(of: "a").isEmpty)
    #expect(followed.notes.isEmpty)
    let impossible = resolve([
      try Self.build("a", requires: ["b": "*"], before: ["b"]), try Self.build("b"),
      try Self.build("c", after: ["d"]), try Self.build("d", after: ["c"]),
    ])
    #expect(impossible.order == ["b", "a", "c", "d"])
    #expect(
      impossible.notes == [
        "the hint that b starts after a is not followed: it would close a cycle",
        "the hint that c starts after d is not followed: it would close a cycle",
        "the hint that d starts after c is not followed: it would close a cycle",
      ])
  }

  @Test("does without an optional plugin that does not fit or depends on the one that wants it")
  func optional() throws {
    let resolution = resolve([
      try Self.build("a", optional: ["b": "^2", "c": "*"]), try Self.build("b"),
      try Self.build("c", requires: ["a": "*"]),
    ])
    #expect(resolution.order == ["a", "b", "c"])
    #expect(resolution.dependencies(of: "a").isEmpty)
    #expect(
      resolution.notes == [
        "a does without b: it wants ^2, not 1.0.0",
        "a starts without waiting for its optional c, which depends on it",
      ])
  }

  @Test("blocks who requires something absent, and names the nearest id")
  func missing() throws {
    let resolution = resolve([
      try Self.build("user", requires: ["analytcs": "^1"]), try Self.build("analytics"),
      try Self.build("other"),
    ])
    #expect(resolution.order == ["analytics", "other"])
    expectBlocked(
      resolution, "user", .missing,
      "user requires analytcs ^1, which is not there (did you mean \"analytics\"?)",
      fix: "add analytcs ^1 to the plugin folder", root: "user")
  }

  @Test("tells the whole chain from the plugin to the root")
  func chain() throws {
    let resolution = resolve([
      try Self.build("a", requires: ["b": "*"]), try Self.build("b", requires: ["c": "*"]),
      try Self.build("c", requires: ["d": "^2"]), try Self.build("d 1.4.0"), try Self.build("e"),
    ])
    #expect(resolution.order == ["d", "e"])
    expectBlocked(
      resolution, "a", .dependency,
      "a requires b, which requires c, which requires d ^2, but 1.4.0 is there (d.so)",
      fix: "install d in a version within ^2, or a build of c that accepts 1.4.0", root: "c")
    expectBlocked(
      resolution, "c", .version, "c requires d ^2, but 1.4.0 is there (d.so)",
      fix: "install d in a version within ^2, or a build of c that accepts 1.4.0", root: "c")
  }

  @Test("shortens a chain of more than eight")
  func longChain() throws {
    var all = try (0..<20).map {
      try Self.build("p\(10 + $0)", requires: ["p\(11 + $0)": "*"])
    }
    all.append(try Self.build("p30"))
    let resolution = resolve(all) { $0.disabled = ["p30"] }
    #expect(
      resolution.blockage(of: "p10")?.chain
        == "p10 requires p11, which needs p30 by way of 18 others, which is disabled in the"
        + " configuration")
    #expect(resolution.order.isEmpty)
  }

  @Test("blocks what is disabled, failed, refused or of another ABI, and who needs it")
  func ownReasons() throws {
    let quarantine = Candidate.Refusal(
      kind: .quarantined, reason: "is quarantined: SIGSEGV in init",
      fix: "install another build, or run: dovetail quarantine clear q")
    let resolution = resolve([
      try Self.build("d"), try Self.build("f"), try Self.build("q", refusal: quarantine),
      try Self.build("v", abi: ABIVersion(2, 0)), try Self.build("m", abi: ABIVersion(1, 9)),
      try Self.build("x", requires: ["q": "*"]),
    ]) {
      $0.disabled = ["d"]
      $0.failed = ["f": "init returned 1"]
    }
    #expect(resolution.order == ["m"])
    expectBlocked(
      resolution, "d", .disabled, "d is disabled in the configuration",
      fix: "remove \"d\" from \"disabled\" in the configuration", root: "d")
    expectBlocked(
      resolution, "f", .failed, "f failed: init returned 1",
      fix: "repair f, then run: dovetail load f", root: "f")
    expectBlocked(
      resolution, "v", .incompatible, "v was built for ABI 2.0, but this host speaks ABI 1.0",
      fix: "rebuild v with the dovetail.h of ABI 1", root: "v")
    expectBlocked(
      resolution, "x", .dependency, "x requires q, which is quarantined: SIGSEGV in init",
      fix: "install another build, or run: dovetail quarantine clear q", root: "q")
  }

  @Test("takes the newest usable build of an id")
  func newest() throws {
    let refusal = Candidate.Refusal(kind: .quarantined, reason: "is quarantined: x", fix: "y")
    let resolution = resolve([
      try Self.build("a 1.0.0", path: "a1.so"), try Self.build("a 1.2.0", path: "a2.so"),
      try Self.build("a 1.10.0-rc.1", path: "a3.so"),
      try Self.build("a 3.0.0", path: "a4.so", refusal: refusal),
      try Self.build("a 4.0.0", path: "a5.so", abi: ABIVersion(2, 0)),
    ])
    #expect(resolution.order == ["a"])
    #expect(resolution.chosen["a"]?.path == "a3.so")
    #expect(
      resolution.superseded.map(\.path) == ["a1.so", "a2.so", "a4.so", "a5.so"])
    #expect(
      resolution.superseded[0].reason
        == "a 1.0.0 is not used: 1.10.0-rc.1 (a3.so) is the newest usable version")
  }

  @Test("takes an older build where others accept only that")
  func suiting() throws {
    let resolution = resolve([
      try Self.build("a 1.5.0", path: "a1.so"), try Self.build("a 2.0.0", path: "a2.so"),
      try Self.build("b", requires: ["a": "^1"]),
    ])
    #expect(resolution.chosen["a"]?.path == "a1.so")
    #expect(resolution.order == ["a", "b"])
    #expect(
      resolution.superseded.map(\.reason) == [
        "a 2.0.0 is not used: 1.5.0 (a1.so) is the newest version that all accept"
      ])
  }

  @Test("refuses two builds of one version by name, unless one is pinned")
  func duplicates() throws {
    let builds = [
      try Self.build("a", path: "one.so"), try Self.build("a", path: "two.so"),
      try Self.build("b", requires: ["a": "*"]),
    ]
    let refused = resolve(builds)
    #expect(refused.order.isEmpty)
    expectBlocked(
      refused, "a", .duplicate, "a is there 2 times in version 1.0.0: one.so and two.so",
      fix: "remove all but one of one.so and two.so", root: "a")
    #expect(
      refused.blockage(of: "b")?.chain
        == "b requires a, which is there 2 times in version 1.0.0: one.so and two.so")
    let pinned = resolve(builds) { $0.pinned = ["a": "two.so"] }
    #expect(pinned.order == ["a", "b"])
    #expect(pinned.chosen["a"]?.path == "two.so")
    #expect(
      pinned.superseded.map(\.reason) == ["a 1.0.0 is not used: 1.0.0 (two.so) is pinned"])
  }

  @Test("blocks both sides of a conflict, but not where the other does not start anyway")
  func conflicts() throws {
    let resolution = resolve([
      try Self.build("a", conflicts: ["b": "<2", "c": "*", "absent": "*"]),
      try Self.build("b 1.5.0"), try Self.build("d", conflicts: ["e": "^3"]), try Self.build("e"),
      try Self.build("f", requires: ["b": "*"]), try Self.build("g", conflicts: ["h": "*"]),
      try Self.build("h"),
    ]) { $0.disabled = ["h"] }
    #expect(resolution.order == ["d", "e", "g"])
    expectBlocked(
      resolution, "a", .conflict, "a conflicts with b <2, and 1.5.0 is there",
      fix: "remove or disable one of a and b", root: "a")
    expectBlocked(
      resolution, "b", .conflict, "b is excluded by a, which conflicts with b <2",
      fix: "remove or disable one of a and b", root: "b")
    #expect(
      resolution.blockage(of: "f")?.chain
        == "f requires b, which is excluded by a, which conflicts with b <2")
  }

  @Test("blocks the members of a cycle and who needs them, and names the path")
  func cycles() throws {
    let resolution = resolve([
      try Self.build("a", requires: ["b": "*"]), try Self.build("b", requires: ["c": "*"]),
      try Self.build("c", requires: ["a": "*", "free": "*"]),
      try Self.build("user", requires: ["b": "*"]), try Self.build("free"),
      try Self.build("other", requires: ["free": "*"]),
    ])
    #expect(resolution.order == ["free", "other"])
    expectBlocked(
      resolution, "a", .cycle, "a requires itself by way of others: a → b → c → a",
      fix: "make one of these requirements optional or remove it: a → b → c → a", root: "a")
    expectBlocked(
      resolution, "b", .cycle, "b requires itself by way of others: b → c → a → b",
      fix: "make one of these requirements optional or remove it: b → c → a → b", root: "b")
    expectBlocked(
      resolution, "user", .dependency,
      "user requires b, which requires itself by way of others: b → c → a → b",
      fix: "make one of these requirements optional or remove it: b → c → a → b", root: "b")
  }

  @Test("names for each member of a knot of cycles one that it is in")
  func knot() throws {
    let resolution = resolve([
      try Self.build("a", requires: ["b": "*", "c": "*"]),
      try Self.build("b", requires: ["a": "*"]),
      try Self.build("c", requires: ["a": "*"]),
    ])
    #expect(resolution.blockage(of: "b")?.chain == "b requires itself by way of others: b → a → b")
    #expect(resolution.blockage(of: "c")?.chain == "c requires itself by way of others: c → a → c")
  }

  @Test("names a cycle of a thousand in short")
  func largeCycle() throws {
    let all = try (0..<1_000).map {
      try Self.build("p\(1_000 + $0)", requires: ["p\(1_000 + ($0 + 1) % 1_000)": "*"])
    }
    let resolution = resolve(all)
    #expect(resolution.order.isEmpty)
    #expect(
      resolution.blockage(of: "p1000")?.chain
        == "p1000 requires itself by way of others: p1000 → p1001 → p1002 → p1003 → p1004 → p1005"
        + " → … → p1995 → p1996 → p1997 → p1998 → p1999 → p1000")
  }
}
