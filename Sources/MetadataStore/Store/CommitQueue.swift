import HostSupport

/// Lets one writer at a time commit for all that wait: whoever finds no leader leads, with every request that has gathered.
///
/// While a leader works no lock is held, so that a provider may be foreign code; requests that come meanwhile form the next group.
final class CommitQueue: Sendable {
  typealias Outcome = Result<[WriteReceipt], MetadataError>

  struct Request: Sendable {
    let ticket: UInt64
    let writes: [MetadataWrite]
  }

  private struct State {
    var nextTicket: UInt64 = 0
    var hasLeader = false
    var waiting: [Request] = []
    var outcomes: [UInt64: Outcome] = [:]
  }

  private enum Turn: Sendable {
    case lead([Request])
    case done(Outcome)
  }

  private let state = Monitor(State())

  /// Has writes committed, by this thread or by the leader of their group.
  ///
  /// - Parameters:
  ///   - writes: One transaction.
  ///   - perform: Commits one transaction; called by the leader, one at a time, in order.
  /// - Returns: What `perform` made of `writes`.
  func commit(
    _ writes: [MetadataWrite], perform: ([MetadataWrite]) -> Outcome
  ) -> Outcome {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      state.waiting.append(Request(ticket: state.nextTicket, writes: writes))
      return state.nextTicket
    }
    while true {
      switch state.wait(until: .never, { Self.turn(&$0, ticket) }) {
      case .done(let outcome)?: return outcome
      case .lead(let group)?:
        let outcomes = group.map { ($0.ticket, perform($0.writes)) }
        state.update { state in
          for (ticket, outcome) in outcomes { state.outcomes[ticket] = outcome }
          state.hasLeader = false
        }
      case nil: continue
      }
    }
  }

  private static func turn(_ state: inout State, _ ticket: UInt64) -> Turn? {
    if let outcome = state.outcomes.removeValue(forKey: ticket) { return .done(outcome) }
    guard !state.hasLeader else { return nil }
    state.hasLeader = true
    let group = state.waiting
    state.waiting = []
    return .lead(group)
  }
}
