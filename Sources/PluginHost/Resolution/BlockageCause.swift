import HostSupport

/// What blocks one plugin: the end of a sentence that begins with its id, and what would fix it.
struct BlockageCause {
  let kind: Blockage.Kind
  /// Such as `is disabled in the configuration`.
  let clause: String
  let fix: String
  /// The number of the plugin to blame, when this one is blocked by another's trouble.
  var culprit: Int?

  init(kind: Blockage.Kind, clause: String, fix: String, culprit: Int? = nil) {
    self.kind = kind
    self.clause = clause
    self.fix = fix
    self.culprit = culprit
  }

  init(_ refusal: Candidate.Refusal) {
    self.init(kind: refusal.kind, clause: refusal.reason, fix: refusal.fix)
  }

  /// The cause of a plugin that the operator does not want to run; `nil` for any other.
  init?(ofWithheld id: String, _ resolver: Resolver) {
    if resolver.disabled.contains(id) {
      self.init(
        kind: .disabled, clause: "is disabled in the configuration",
        fix: "remove \"\(id)\" from \"disabled\" in the configuration")
    } else if resolver.stopped.contains(id) {
      self.init(
        kind: .disabled, clause: "was unloaded by an operator", fix: "dovetail load \(id)")
    } else {
      return nil
    }
  }

  static func failed(_ id: String, _ error: String) -> BlockageCause {
    BlockageCause(
      kind: .failed, clause: "failed: \(error)",
      fix: "repair \(id), then run: dovetail load \(id)")
  }

  static func abi(_ candidate: Candidate, host: ABIVersion) -> BlockageCause {
    BlockageCause(
      kind: .incompatible,
      clause: "was built for ABI \(candidate.manifest.abi), but this host speaks ABI \(host)",
      fix: "rebuild \(candidate.manifest.id) with the dovetail.h of ABI \(host.major)")
  }

  static func duplicates(_ candidates: [Candidate]) -> BlockageCause {
    let paths = candidates.map(\.path).joined(separator: " and ")
    let version = candidates.first.map { "\($0.manifest.version)" } ?? ""
    return BlockageCause(
      kind: .duplicate,
      clause: "is there \(candidates.count) times in version \(version): \(paths)",
      fix: "remove all but one of \(paths)")
  }

  static func missing(
    _ other: String, _ range: VersionRange, by id: String, _ ids: [String]
  ) -> BlockageCause {
    let hint = Spelling.hint(for: other, in: ids.filter { $0 != id })
    return BlockageCause(
      kind: .missing, clause: "requires \(other) \(range), which is not there\(hint)",
      fix: "add \(other) \(range) to the plugin folder")
  }

  static func version(
    _ candidate: Candidate, _ range: VersionRange, by id: String
  ) -> BlockageCause {
    let other = candidate.manifest.id
    return BlockageCause(
      kind: .version,
      clause: "requires \(other) \(range), but \(candidate.manifest.version) is there"
        + " (\(candidate.path))",
      fix: "install \(other) in a version within \(range), or a build of \(id) that accepts"
        + " \(candidate.manifest.version)")
  }

  static func dependency(on other: String, number: Int) -> BlockageCause {
    BlockageCause(kind: .dependency, clause: "requires \(other)", fix: "", culprit: number)
  }

  static func conflict(
    of mine: Candidate, with theirs: Candidate, _ range: VersionRange
  ) -> BlockageCause {
    let other = theirs.manifest.id
    return BlockageCause(
      kind: .conflict,
      clause: "conflicts with \(other) \(range), and \(theirs.manifest.version) is there",
      fix: "remove or disable one of \(mine.manifest.id) and \(other)")
  }

  static func excluded(
    _ mine: Candidate, by other: Candidate, _ range: VersionRange
  ) -> BlockageCause {
    let id = mine.manifest.id
    return BlockageCause(
      kind: .conflict,
      clause: "is excluded by \(other.manifest.id), which conflicts with \(id) \(range)",
      fix: "remove or disable one of \(other.manifest.id) and \(id)")
  }

  static func cycle(_ path: [String]) -> BlockageCause {
    let shown = path.count <= 12 ? path : Array(path.prefix(6)) + ["…"] + Array(path.suffix(5))
    let text = (shown + path.prefix(1)).joined(separator: " → ")
    return BlockageCause(
      kind: .cycle,
      clause: path.count == 1 ? "requires itself" : "requires itself by way of others: \(text)",
      fix: "make one of these requirements optional or remove it: \(text)")
  }
}
