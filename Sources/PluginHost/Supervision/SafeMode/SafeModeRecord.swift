/// The deaths of hosts that nobody was to blame for, and what follows from them.
///
/// One death before the host was ready, or `deaths` of them within `seconds`, means that a start like the last one would end
/// like it: the next start is in safe mode with what ran in the last good run; if that dies so too, without plugins.
struct SafeModeRecord: Sendable, Equatable, Codable {
  /// A host that died, and that no plugin is to blame for.
  struct Death {
    /// When it was found: seconds since 1970.
    var time: Double
    /// Whether it had been ready.
    var wasReady: Bool
  }

  private(set) var format = 1
  /// Deaths that count, in seconds since 1970.
  private(set) var deaths: [Double] = []
  /// `nil` while the host starts as usual.
  private(set) var standing: SafeModeStanding?

  /// A host died.
  ///
  /// - Parameters:
  ///   - death: When and how.
  ///   - rules: When it is too much.
  ///   - hasGoodBuilds: Whether anything is known that ran well.
  mutating func note(
    _ death: Death, _ rules: HostConfiguration.SafeModeRules, hasGoodBuilds: Bool
  ) {
    guard rules.deaths > 0 else { return }
    deaths.removeAll { death.time - $0 >= Double(rules.seconds) || $0 > death.time }
    deaths.append(death.time)
    guard !death.wasReady || deaths.count >= rules.deaths else { return }
    let cause =
      death.wasReady
      ? "hosts died \(deaths.count) times within \(rules.seconds) s, and no plugin could be blamed"
      : "the host died before it was ready, and no plugin could be blamed"
    let level: SafeModeLevel = standing == nil && hasGoodBuilds ? .knownGood : .noPlugins
    deaths = []
    if standing?.level == .noPlugins { return }
    standing = SafeModeStanding(level: level, cause: cause, since: death.time)
  }

  /// A host ended in order: what died before it was no loop.
  mutating func forgetDeaths() { deaths = [] }

  /// The next start is one as usual.
  mutating func clear() { self = SafeModeRecord() }
}
