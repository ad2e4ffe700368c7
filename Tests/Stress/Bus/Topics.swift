import EventBus

/// The topics of the model, and who hears what.
enum Topics {
  /// Taken along a route to `routed` too.
  static let copied = 6
  /// Taken along a route to `routed`, and not heard where they were published.
  static let moved = 7
  static let routed = 5
  /// Interceptors stand around it.
  static let guarded = 4

  static let names = [
    "s.a.x", "s.a.y", "s.b.x", "s.b.y", "s.guarded.x", "s.routed", "r.copied", "r.moved",
  ]
  /// A handler of the host's publishes to it again until the host refuses.
  static let deep = "deep"

  private static let globs = [
    "s.a.x", "s.a.y", "s.b.y", "s.guarded.x", "s.routed", "r.copied", "r.moved", "s.a.*", "s.*.x",
    "s.b.>", "s.>", "r.*",
  ]
  private static let expression = "^s\\.(a|routed)"

  static let patterns: [TopicPattern] =
    globs.compactMap { try? TopicPattern($0) }
    + [expression].compactMap { try? TopicPattern(regex: $0) }

  /// The topics whose publishes reach a subscription of that pattern.
  static func heard(by pattern: TopicPattern) -> [Int] {
    let matching = names.indices.filter { pattern.matches(names[$0]) }
    let unmoved = matching.filter { $0 != moved }
    return matching.contains(routed) ? Array(Set(unmoved + [copied, moved])).sorted() : unmoved
  }

  /// The topics that number the events which reach a subscription of that pattern.
  static func numbering(_ pattern: TopicPattern) -> [Int] {
    names.indices.filter { pattern.matches(names[$0]) && $0 != moved }
  }
}
