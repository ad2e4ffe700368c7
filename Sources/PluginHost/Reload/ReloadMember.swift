/// One plugin of the closure that a reload replaces.
struct ReloadMember: Sendable {
  let old: Generation
  let new: Generation
  /// Whether the old one is cleaned up before the new one starts: by its manifest, or because it is restarted with another.
  let isHandoff: Bool
  /// Whether both share one image: it is restarted, not replaced.
  let sharesImage: Bool

  var id: String { old.id }
}
