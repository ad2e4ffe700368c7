/// What a table shows no longer, held until no reader can still see it.
///
/// Threading: the store's one writer.
final class Retired {
  /// How much gathers before readers are looked at.
  private static let portion = 256

  private var gathering: [MetadataRecord] = []
  private var clean: [() -> Void] = []
  private var waiting: [MetadataRecord] = []
  private var waitingClean: [() -> Void] = []
  private var grace = ReadPhases.Grace.over

  func add(_ record: MetadataRecord) { gathering.append(record) }

  /// Adds what is to be done when no reader sees it any more.
  func add(_ cleaning: @escaping () -> Void) { clean.append(cleaning) }

  deinit {
    for cleaning in waitingClean + clean { cleaning() }
  }

  /// Lets go of what no reader can see.
  func release(_ phases: ReadPhases) {
    guard gathering.count >= Self.portion || !clean.isEmpty else { return }
    grace = phases.advance(grace)
    guard case .over = grace else { return }
    for cleaning in waitingClean { cleaning() }
    (waiting, waitingClean) = (gathering, clean)
    (gathering, clean) = ([], [])
    gathering.reserveCapacity(Self.portion)
    grace = .begun
  }
}
