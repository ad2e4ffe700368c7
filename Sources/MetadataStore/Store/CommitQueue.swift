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

  private enum Turn: Sendable {
    case waits
    case leads
    case done(Outcome)
  }

  private struct Request: Sendable {
    let work: Work
    let turn: Monitor<Turn>
  }

  private struct State {
    var hasLeader = false
    var waiting: [Request] = []
  }

  /// How many groups a leader commits for others before it goes its way.
  private static let rounds = 16
  private let state = Mutex(State())

  /// Has a transaction committed, by this thread or by the leader of its group.
  ///
  /// - Parameters:
  ///   - work: What is to be done.
  ///   - perform: Commits a group, in order, and returns an outcome for each; called by one leader at a time.
  /// - Returns: The outcome.
  func commit(_ work: Work, perform: ([Work]) -> [Outcome]) -> Outcome {
    let turn = state.withLock { state -> Monitor<Turn>? in
      if !state.hasLeader {
        state.hasLeader = true
        return nil
      }
      let turn = Monitor(Turn.waits)
      state.waiting.append(Request(work: work, turn: turn))
      return turn
    }
    guard let turn else { return lead(work, perform) }
    while true {
      let result = turn.wait(until: .never) { turn -> Turn? in
        if case .waits = turn { return nil }
        defer { if case .leads = turn { turn = .waits } }
        return turn
      }
      if case .done(let outcome)? = result { return outcome }
      serve(perform)
    }
  }

  /// Commits the leader's own request, then what gathered meanwhile.
  private func lead(_ own: Work, _ perform: ([Work]) -> [Outcome]) -> Outcome {
    let outcome = perform([own])[0]
    serve(perform)
    return outcome
  }

  /// Commits groups until nobody waits, or for some rounds; then whoever waits first leads.
  private func serve(_ perform: ([Work]) -> [Outcome]) {
    for _ in 0..<Self.rounds {
      let group = state.withLock { state in
        let group = state.waiting
        state.waiting = []
        if group.isEmpty { state.hasLeader = false }
        return group
      }
      if group.isEmpty { return }
      let outcomes = perform(group.map(\.work))
      for (request, outcome) in zip(group, outcomes) { request.turn.update { $0 = .done(outcome) } }
    }
    let next = state.withLock { state -> Request? in
      state.hasLeader = !state.waiting.isEmpty
      return state.waiting.first
    }
    next?.turn.update { $0 = .leads }
  }
}
