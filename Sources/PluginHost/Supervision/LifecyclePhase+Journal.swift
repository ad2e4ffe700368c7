extension LifecyclePhase {
  /// The phase's number in the journal; see JOURNAL.md.
  public var journalNumber: UInt32 {
    switch self {
    case .discover: 1
    case .resolve: 2
    case .stage: 3
    case .load: 4
    case .preInit: 5
    case .initialize: 6
    case .postInit: 7
    case .quiesce: 8
    case .resume: 9
    case .saveState: 10
    case .restoreState: 11
    case .running: 12
    case .preCleanup: 13
    case .cleanup: 14
    case .unload: 15
    }
  }

  /// The phase of a number in the journal, or `nil` for an unknown one.
  public init?(journalNumber: UInt32) {
    guard let phase = LifecyclePhase.allCases.first(where: { $0.journalNumber == journalNumber })
    else { return nil }
    self = phase
  }
}
