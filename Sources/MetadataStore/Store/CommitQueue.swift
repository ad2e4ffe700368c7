import Glibc
import HostSupport
import Synchronization

/// What a `CommitQueue` leads writers to. One call is made at a time.
protocol Committer {
  /// Commits one.
  func commit(_ work: CommitQueue.Work) -> CommitQueue.Outcome

  /// Commits a group, in order.
  ///
  /// - Returns: An outcome for each.
  func commit(_ group: [CommitQueue.Work]) -> [CommitQueue.Outcome]
}

/// Lets one writer at a time commit for all that wait: whoever finds no leader leads, with every request that has gathered.
///
/// While a leader works no lock is held, so that a provider may be foreign code; requests that come meanwhile form the next group.
final class CommitQueue: Sendable {
  typealias Outcome = Result<TransactionReceipt, MetadataError>

  /// A transaction that is to be committed, or work that must have the writer's place to itself.
  enum Work: Sendable {
    case transaction(MetadataTransaction)
    case exclusive(@Sendable () -> Void)
  }

  /// What has become of a group.
  private enum Phase: Sendable {
    case waits
    /// Its first member leads.
    case leads
    case done([Outcome])
  }

  /// Requests that are committed together; all of them are woken at once.
  private final class Group: Sendable {
    let phase = Monitor(Phase.waits)
  }

  private struct State {
    var hasLeader = false
    var works: [Work] = []
    var group = Group()
  }

  /// How many groups a leader commits for others before it goes its way.
  private static let rounds = 16
  /// The longest that a leader waits for those whom it has just woken.
  private static let longestPause: UInt64 = 200_000
  private let state = Mutex(State())

  /// Has a transaction committed, by this thread or by the leader of its group.
  ///
  /// - Parameters:
  ///   - work: What is to be done.
  ///   - committer: Who does it.
  /// - Returns: The outcome.
  func commit(_ work: Work, by committer: some Committer) -> Outcome {
    let seat = state.withLock { state -> (group: Group, place: Int)? in
      if !state.hasLeader {
        state.hasLeader = true
        return nil
      }
      state.works.append(work)
      return (state.group, state.works.count - 1)
    }
    guard let seat else {
      let outcome = committer.commit(work)
      serve(committer)
      return outcome
    }
    if let outcomes = Self.wait(for: seat.group, isFirst: seat.place == 0) {
      return outcomes[seat.place]
    }
    serve(committer)
    return Self.wait(for: seat.group, isFirst: false)?[seat.place] ?? .failure(.closed)
  }

  /// Waits until a group is done.
  ///
  /// - Returns: Its outcomes; `nil` for its first member when that one has to lead.
  private static func wait(for group: Group, isFirst: Bool) -> [Outcome]? {
    group.phase.wait(until: .never) { phase -> [Outcome]?? in
      switch phase {
      case .waits: return .none
      case .leads: return isFirst ? .some(nil) : .none
      case .done(let outcomes): return outcomes
      }
    } ?? nil
  }

  /// Commits groups until nobody waits, or for some rounds; then whoever waits first leads.
  private func serve(_ committer: some Committer) {
    for _ in 0..<Self.rounds {
      let (works, group) = state.withLock { state in
        if state.works.isEmpty { state.hasLeader = false }
        return Self.takeGroup(&state)
      }
      if works.isEmpty { return }
      let began = Deadline.now()
      let outcomes = committer.commit(works)
      let pause = min((Deadline.now() - began) / 2, Self.longestPause)
      group.phase.update { $0 = .done(outcomes) }
      if Self.reachedDisk(outcomes) { awaitWriters(works.count, atMost: pause) }
    }
    let next = state.withLock { state -> Group? in
      state.hasLeader = !state.works.isEmpty
      return state.hasLeader ? state.group : nil
    }
    next?.phase.update { $0 = .leads }
  }

  private static func takeGroup(_ state: inout State) -> ([Work], Group) {
    let taken = (state.works, state.group)
    if !taken.0.isEmpty {
      state.works = []
      state.works.reserveCapacity(taken.0.count)
      state.group = Group()
    }
    return taken
  }

  /// Lets those who were just woken come again: to go to the disk with half of them would make the others wait for it twice.
  private func awaitWriters(_ count: Int, atMost pause: UInt64) {
    let deadline = Deadline.now() + pause
    while state.withLock({ $0.works.count }) < count, Deadline.now() < deadline { sched_yield() }
  }

  private static func reachedDisk(_ outcomes: [Outcome]) -> Bool {
    outcomes.count > 1
      && outcomes.contains { outcome in
        if case .success(let receipt) = outcome { receipt.durability == .disk } else { false }
      }
  }
}
