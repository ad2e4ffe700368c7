import EventBus

/// One plugin of the closure that a reload replaces.
///
/// Its new generation may be on probation after the commit.
struct ReloadMember: Sendable {
  let old: Generation
  let new: Generation
  /// Whether the old one is cleaned up before the new one starts: by its manifest, or because it is restarted with another.
  let isHandoff: Bool
  /// Whether both share one image: it is restarted, not replaced.
  let sharesImage: Bool

  /// Records what the new one receives while it is on probation; `nil` where the reload is final at once.
  let log: ProbationLog?
  /// Failures of the old one per delivery, before the reload.
  let formerFailureRate: Double

  var id: String { old.id }
}
