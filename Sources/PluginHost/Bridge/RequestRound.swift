import CDovetail
import HostSupport

/// One request to several responders, while somebody waits for replies.
///
/// Threading: any thread.
final class RequestRound: Sendable {
  /// Why it is over.
  enum End: Sendable, Equatable {
    /// All have replied, or enough have.
    case answered
    case cancelled
    case late
  }

  private struct State {
    var replies: [TopicReply] = []
    var missing: [String] = []
    var end: End?
  }

  private let state = Monitor(State())

  /// Starts with nobody asked.
  init() {}

  /// Notes who is asked.
  func ask(_ plugins: [String]) { state.update { $0.missing = plugins } }

  /// Whether nobody waits for replies any more.
  var isOver: Bool { state.withLock { $0.end != nil } }

  /// Hands in a reply.
  ///
  /// - Returns: How it is late; `nil` when somebody waited for it.
  func take(_ reply: TopicReply) -> End? {
    state.update { state in
      guard state.end == nil else { return state.end }
      if let index = state.missing.firstIndex(of: reply.responder) {
        state.missing.remove(at: index)
      }
      state.replies.append(reply)
      return nil
    }
  }

  /// Ends it; later replies are late.
  func end(_ end: End) { state.update { $0.end = $0.end ?? end } }

  /// Waits for a reply.
  ///
  /// - Returns: The reply; `nil` when no more come: all have replied, it was ended, or the deadline has passed.
  func next(until deadline: Deadline) -> TopicReply? {
    let next = state.wait(until: deadline) { state -> TopicReply?? in
      if state.end != nil { return .some(nil) }
      if !state.replies.isEmpty { return .some(state.replies.removeFirst()) }
      return state.missing.isEmpty ? .some(nil) : nil
    }
    return next ?? nil
  }

  /// Ends it when it has not ended.
  ///
  /// - Returns: How it ended, and the plugins whose replies have not come in time.
  func finish() -> (end: End, missing: [String]) {
    state.update { state in
      let end = state.end ?? (state.missing.isEmpty ? .answered : .late)
      state.end = end
      return (end, end == .late ? state.missing : [])
    }
  }
}
