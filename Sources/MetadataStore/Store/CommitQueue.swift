import Glibc
import HostSupport
import Synchronization

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

  /// Requests that are committed together; all of them are woken at once.
  private final class Group: @unchecked Sendable {
    // Safe: `outcomes` are written once, before the latches say that they are there.
    private static let waits: UInt32 = 0
    private static let leads: UInt32 = 1
    private static let isDone: UInt32 = 2

    /// Of the first member, who may have to lead.
    private let first = Latch()
    /// Of all others.
    private let others = Latch()
    private var outcomes: [Outcome] = []

    func end(_ outcomes: [Outcome]) {
      self.outcomes = outcomes
      first.set(Self.isDone)
      if outcomes.count > 1 { others.set(Self.isDone) }
    }

    func haveFirstLead() { first.set(Self.leads) }

    /// Waits until it is done.
    ///
    /// - Parameter place: A member's place.
    /// - Returns: The member's outcome; `nil` for the first one when that has to lead.
    func wait(at place: Int) -> Outcome? {
      if place == 0, first.wait(while: Self.waits) == Self.leads { return nil }
      if place > 0 { _ = others.wait(while: Self.waits) }
      return outcomes[place]
    }

    /// The first member's outcome, after it has led.
    var outcomeOfFirst: Outcome { outcomes[0] }
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
  /// How many wait; what a leader looks at without the lock.
  private let gathered = Atomic(0)

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
      gathered.store(state.works.count, ordering: .relaxed)
      return (state.group, state.works.count - 1)
    }
    guard let seat else {
      let outcome = committer.commit(work)
      serve(committer)
      return outcome
    }
    if let outcome = seat.group.wait(at: seat.place) { return outcome }
    serve(committer)
    return seat.group.outcomeOfFirst
  }

  /// Commits groups until nobody waits, or for some rounds; then whoever waits first leads.
  private func serve(_ committer: some Committer) {
    for _ in 0..<Self.rounds {
      let (works, group) = state.withLock { state in
        if state.works.isEmpty { state.hasLeader = false }
        gathered.store(0, ordering: .relaxed)
        return Self.takeGroup(&state)
      }
      if works.isEmpty { return }
      let began = Deadline.now()
      let outcomes = committer.commit(works)
      let pause = min((Deadline.now() - began) / 2, Self.longestPause)
      group.end(outcomes)
      if Self.reachedDisk(outcomes) { awaitWriters(works.count, atMost: pause) }
    }
    let next = state.withLock { state -> Group? in
      state.hasLeader = !state.works.isEmpty
      return state.hasLeader ? state.group : nil
    }
    next?.haveFirstLead()
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
    while gathered.load(ordering: .relaxed) < count, Deadline.now() < deadline { sched_yield() }
  }

  private static func reachedDisk(_ outcomes: [Outcome]) -> Bool {
    outcomes.count > 1
      && outcomes.contains { outcome in
        if case .success(let receipt) = outcome { receipt.durability == .disk } else { false }
      }
  }
}
