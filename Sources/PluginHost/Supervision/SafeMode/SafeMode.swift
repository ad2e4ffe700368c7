import FoundationEssentials
import Glibc
import HostSupport
import Synchronization

/// Whether a host starts with less than everything, because starts with everything died and nobody knows of what.
///
/// `safe-mode.json` in the state directory has the deaths and the level; `starting` is there while a host is not ready yet;
/// `good-run/` keeps the builds of the last good run: those that were active when a host ended in order, or had been for
/// `supervise.stableSeconds`.
///
/// Threading: every method may be called from any thread.
final class SafeMode: Sendable {
  /// What an operator can ask for at a start.
  enum Request: Sendable, Equatable {
    /// This level, for one run.
    case enter(SafeModeLevel)
    /// A start as usual, whatever happened before.
    case leave
  }

  /// How the host before ended.
  enum Former: Sendable, Equatable {
    /// In order, or there was none.
    case wentWell
    /// It died, and somebody is to blame who is not tried again.
    case explained
    /// It died, and nobody knows of what.
    case unexplained
  }

  private static let name = "safe-mode.json"
  private static let startMarker = "starting"
  private static let stopMarker = "stopping"
  private let state: StateDirectory
  private let record: Mutex<SafeModeRecord>
  private let byHand: Mutex<SafeModeStanding?>
  /// The builds of the last good run.
  let good: LastKnownGood

  /// Reads what earlier hosts left, and decides on this start.
  ///
  /// - Parameters:
  ///   - state: The host's state directory.
  ///   - former: How the host before ended.
  ///   - rules: When that is too much.
  ///   - request: What the operator asks for.
  /// - Throws: The system's error.
  init(
    in state: StateDirectory, after former: Former, _ rules: HostConfiguration.SafeModeRules,
    _ request: Request?
  ) throws(SystemError) {
    self.state = state
    good = try LastKnownGood(in: state, folder: "good-run", durable: false)
    var record = SafeModeRecord()
    if let bytes = try AtomicFile.read(Self.name, in: state.root),
      let kept = try? JSONDecoder().decode(SafeModeRecord.self, from: Data(bytes))
    {
      record = kept
    }
    let before = record
    let now = Double(LogTime.now() / 1_000_000) / 1_000
    let wasStarting = try state.root.remove(Self.startMarker)
    let wasStopping = try state.root.remove(Self.stopMarker)
    switch former {
    case .wentWell: record.forgetDeaths()
    // A host that was ended by force as it ended is none that cannot live.
    case .unexplained where !wasStopping:
      record.note(
        SafeModeRecord.Death(time: now, wasReady: !wasStarting), rules,
        hasGoodBuilds: !good.list.isEmpty)
    case .explained, .unexplained: break
    }
    var byHand: SafeModeStanding?
    switch request {
    case .leave: record.clear()
    case .enter(let level):
      byHand = SafeModeStanding(
        level: level, cause: "an operator asked for it", since: now, isByHand: true)
    case nil: break
    }
    self.record = Mutex(record)
    self.byHand = Mutex(byHand)
    if record != before { try save(record) }
  }

  /// Whether the host is in safe mode now; `nil` when it is not.
  var standing: SafeModeStanding? { byHand.withLock { $0 } ?? record.withLock { $0.standing } }

  /// Leaves it, for this run and the next.
  ///
  /// - Throws: The system's error: it is left, but the next start does not know it.
  func leave() throws(SystemError) {
    byHand.withLock { $0 = nil }
    record.withLock { $0.clear() }
    try save(SafeModeRecord())
  }

  /// From now until `endStart`, a host that dies was not ready.
  func beginStart() { put(Self.startMarker) }

  /// The host is ready.
  func endStart() { _ = try? state.root.remove(Self.startMarker) }

  /// From now on the host's end is wanted, however it comes about.
  func beginStop() { put(Self.stopMarker) }

  /// The host has ended in order.
  func endStop() {
    endStart()
    _ = try? state.root.remove(Self.stopMarker)
  }

  private func put(_ marker: String) {
    _ = try? state.root.open(marker, O_WRONLY | O_CREAT | O_NOFOLLOW)
  }

  private func save(_ record: SafeModeRecord) throws(SystemError) {
    guard let data = try? JSONEncoder().encode(record) else { return }
    try AtomicFile.write(Array(data), to: Self.name, in: state.root)
  }
}
