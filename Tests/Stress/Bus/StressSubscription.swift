import EventBus
import Synchronization

/// A subscription of the model, over all generations of its plugin: what it was given and what it must have been given.
///
/// A publish that began after the subscription was there, and ended before its end began, reaches it exactly once, in the
/// order of its stream and topic, or is counted as lost. One that was under way meanwhile may reach it.
final class StressSubscription: Sendable {
  /// When it came or went: what had ended before, and what had begun afterwards.
  struct Edge: Sendable {
    let finished: Moment
    let started: Moment
  }

  /// What is chosen once for all generations.
  struct Traits: Sendable {
    let pattern: TopicPattern
    let priority: Int32
    let sieve: Sieve
    let retry: RetryPolicy
    let isStrict: Bool
    let timeout: Int?
    /// One call in so many fails; 0 for none.
    let failsOneIn: Int
  }

  fileprivate struct Cell {
    /// The first number that came, and the one after the last.
    var first: Int
    var next: Int
    /// Numbers between that pass the sieve and did not come.
    var skipped = 0
  }

  struct State {
    fileprivate var cells: [Int: Cell] = [:]
    /// Events that failed, by the attempt that is to follow; 0 where they must become a dead letter.
    fileprivate var open: [StressEvent.Identity: Int] = [:]
    /// Dead letters that are on their way again.
    fileprivate var replayed: [StressEvent.Identity: Int] = [:]
    /// Events that came for the first time, or were given up unseen.
    fileprivate var came = 0
    /// Whether its queue may have dropped an event that waited for its next attempt, and how many it did.
    fileprivate var displaces = false
    fileprivate var displaced = 0
    fileprivate var begin = Edge(finished: .start, started: .start)
    fileprivate var end: Edge?
    fileprivate var droppedBefore: UInt64 = 0
    fileprivate var sequences: UInt64?
    fileprivate var registration: Subscription?
    /// Of the generation that serves, and of one that waits for its commit.
    fileprivate var handler: StressHandler?
    fileprivate var successor: (registration: Subscription, handler: StressHandler)?
    /// What may still be called, or was called until a moment ago.
    fileprivate var held: [StressHandler] = []
    /// Whether every generation of this round queued its events.
    fileprivate var isAsync = true
    fileprivate var history = History()
  }

  let number: Int
  let traits: Traits
  let heard: [Int]
  private let state = Mutex(State())
  /// Who ends it has the flag.
  private let isEnding = Atomic<Bool>(false)
  /// It was registered after the first and before the second ticket was drawn.
  let ticket: Int
  let lastTicket = Atomic<Int>(.max)

  init(_ number: Int, _ traits: Traits, ticket: Int, since finished: Moment) {
    self.number = number
    self.traits = traits
    self.ticket = ticket
    heard = Topics.heard(by: traits.pattern)
    state.withLock { $0.begin = Edge(finished: finished, started: .start) }
  }

  var name: String { "k\(number)" }

  /// It is there.
  func begin(started: Moment) {
    state.withLock { $0.begin = Edge(finished: $0.begin.finished, started: started) }
  }

  /// It is gone.
  func end(_ edge: Edge) { state.withLock { $0.end = edge } }

  // MARK: Its registrations

  /// Keeps a handler until the next rest: only what it points at is freed at once.
  func hold(_ handler: StressHandler) { state.withLock { $0.held.append(handler) } }

  /// A generation registered it.
  func registered(
    _ registration: Subscription, _ handler: StressHandler, shadow: Bool, by thread: StressThread
  ) {
    state.withLock { state in
      state.history.note(
        shadow ? "registered for a reload" : "registered", by: thread,
        generation: registration.owner.generation)
      if shadow, state.registration != nil {
        state.successor = (registration, handler)
      } else {
        state.registration = registration
        state.handler = handler
      }
      switch registration.options.delivery {
      case .sync: state.isAsync = false
      case .async(_, .dropOldest): state.displaces = true
      case .async: break
      }
    }
  }

  /// The next generation serves.
  func adopt() {
    state.withLock { state in
      guard let successor = state.successor else { return }
      state.registration = successor.registration
      state.handler = successor.handler
      state.successor = nil
    }
  }

  /// The next generation never served.
  func dismiss() {
    state.withLock { state in
      state.successor?.handler.canary.kill()
      state.successor = nil
    }
  }

  /// No call of the generation that served happens any more.
  func killHandler() { state.withLock { $0.handler }?.canary.kill() }

  /// Its registration, for the one who is to end it.
  func claim() -> (Subscription, StressHandler)? {
    let found = state.withLock { state in
      state.registration.flatMap { registration in state.handler.map { (registration, $0) } }
    }
    guard let found, !isEnding.exchange(true, ordering: .relaxed) else { return nil }
    return found
  }

  func note(_ what: StaticString, by thread: StressThread) {
    state.withLock { $0.history.note(what, by: thread) }
  }

  var hasEnded: Bool { state.withLock { $0.end != nil } }

  /// Whether its handler fails for an event.
  func fails(_ seen: StressEvent.Seen) -> Bool {
    guard traits.failsOneIn > 0, !seen.isRedelivered else { return false }
    let identity = seen.identity
    // Some fail every time.
    let attempt = identity.number % 2 == 0 ? seen.attempt : 1
    let hash = SplitMix.hash(number, identity.stream, identity.topic, identity.number, attempt)
    return hash % UInt64(traits.failsOneIn) == 0
  }

  // MARK: What happens to it

  /// Notes an event that its handler was given.
  ///
  /// - Returns: What is wrong with it.
  func take(_ seen: StressEvent.Seen, in generation: UInt32, by thread: StressThread) -> String? {
    state.withLock { state in
      state.history.note("got", by: thread, generation: generation, seen)
      let identity = seen.identity
      guard heard.contains(identity.topic) else {
        return "got an event of a topic that it does not hear"
      }
      guard traits.sieve.passes(identity.number) else {
        return "got an event that it does not want"
      }
      if seen.isRedelivered { return take(replayed: identity, in: &state) }
      if seen.attempt == 1 {
        if traits.isStrict, !state.open.isEmpty {
          guard state.displaces else {
            return "got an event while it keeps its order and another waits for its next attempt"
          }
          // The one that waits is the oldest of its queue.
          state.displaced += state.open.count
          state.open = [:]
        }
        if let problem = advance(identity, in: &state) { return problem }
      } else if state.open.removeValue(forKey: identity) != seen.attempt {
        return "got attempt \(seen.attempt) of an event whose turn that is not"
      }
      guard fails(seen) else { return nil }
      state.open[identity] = seen.attempt < traits.retry.attempts ? seen.attempt + 1 : 0
      return nil
    }
  }

  private func take(replayed identity: StressEvent.Identity, in state: inout State) -> String? {
    guard let count = state.replayed[identity] else {
      return "got a dead letter that nobody replayed"
    }
    state.replayed[identity] = count > 1 ? count - 1 : nil
    return nil
  }

  /// The next event of its stream and topic has come.
  private func advance(_ identity: StressEvent.Identity, in state: inout State) -> String? {
    let key = identity.stream * Topics.names.count + identity.topic
    state.came += 1
    guard var cell = state.cells[key] else {
      let low = state.begin.finished[identity.stream, identity.topic]
      state.cells[key] = Cell(first: identity.number, next: identity.number + 1)
      return identity.number < low ? "got an event from before it was there (\(low))" : nil
    }
    guard identity.number >= cell.next else {
      return "got an event twice, or behind a later one (\(cell.next) is next)"
    }
    cell.skipped += traits.sieve.count(cell.next, identity.number)
    cell.next = identity.number + 1
    state.cells[key] = cell
    return nil
  }

  /// Notes an event that was given up.
  ///
  /// - Returns: What is wrong with that.
  func bury(
    _ seen: StressEvent.Seen, _ cause: DeadLetter.Cause, by thread: StressThread
  ) -> String? {
    state.withLock { state in
      state.history.note("gave up", by: thread, seen)
      let identity = seen.identity
      switch cause {
      case .failed:
        return state.open.removeValue(forKey: identity) == 0
          ? nil : "gave an event up before its last attempt"
      case .unsubscribed, .overflow:
        if seen.isRedelivered { return take(replayed: identity, in: &state) }
        if state.open.removeValue(forKey: identity) != nil { return nil }
        return advance(identity, in: &state)
      case .crashed, .timeout, .suspended: return "gave an event up for no reason (\(cause))"
      }
    }
  }

  /// A dead letter is about to be delivered again.
  func expectReplay(_ identity: StressEvent.Identity) {
    state.withLock { $0.replayed[identity, default: 0] += 1 }
  }

  /// It stayed where it was.
  func cancelReplay(_ identity: StressEvent.Identity) {
    _ = state.withLock { take(replayed: identity, in: &$0) }
  }

  // MARK: At rest

  /// What is wrong, when nothing is under way any more.
  func problems(_ streams: Streams, _ sequences: [UInt64]) -> [String] {
    let now = streams.finished()
    return state.withLock { state in
      var problems: [String] = []
      let last = state.end ?? Edge(finished: now, started: now)
      var details: [String] = []
      var sure = 0
      var possible = 0
      for stream in 0..<streams.count {
        for topic in heard {
          let low = (
            state.begin.finished[stream, topic], state.begin.started[stream, topic]
          )
          let high = (last.finished[stream, topic], last.started[stream, topic])
          let cell = state.cells[stream * Topics.names.count + topic]
          let first = cell?.first ?? low.0
          let next = cell?.next ?? low.0
          if let cell, cell.next > high.1 {
            problems.append(
              "got \(Topics.names[topic]) \(stream)/\(cell.next - 1), from after its end")
          }
          let skipped = cell?.skipped ?? 0
          let missing =
            traits.sieve.count(low.1, min(first, high.0)) + skipped
            + traits.sieve.count(cell == nil ? max(next, low.1) : next, high.0)
          if missing > 0 {
            details.append(
              "\(Topics.names[topic]) \(stream)/\(low.0)…\(low.1) to \(high.0)…\(high.1): from \(first) to "
                + "\(next), without \(skipped)")
          }
          sure += missing
          possible += traits.sieve.count(low.0, first) + skipped
          possible += traits.sieve.count(next, high.1)
          // A full queue drops what the handler was not asked about yet.
          possible += traits.sieve.countUnwanted(low.0, high.1)
        }
      }
      let silent = state.open.filter { $0.value == 0 }.count
      if silent > 0 { problems.append("\(silent) events failed for good and are no dead letters") }
      let lost = state.displaced + state.open.count + state.replayed.values.reduce(0, +)
      let dropped = Int((state.registration?.dropped ?? 0) - state.droppedBefore)
      if dropped < sure + lost || dropped > possible + lost {
        problems.append(
          "\(sure)…\(possible) events did not come and \(lost) did not come again, but \(dropped) are counted as dropped: "
            + details.joined(separator: "; ")
        )
      }
      if let before = state.sequences, state.isAsync, state.end == nil, traits.sieve.isOpen {
        let numbered = Int(numbers(sequences) - before)
        if numbered != state.came + dropped - lost {
          problems.append(
            "\(numbered) events were numbered, but \(state.came) came and \(dropped - lost) were dropped"
          )
        }
      }
      return problems
    }
  }

  private func numbers(_ sequences: [UInt64]) -> UInt64 {
    Topics.numbering(traits.pattern).reduce(0) { $0 + sequences[$1] }
  }

  /// From here on it counts anew; nothing is under way.
  func rebase(_ streams: Streams, _ sequences: [UInt64]) {
    let now = streams.finished()
    state.withLock { state in
      state.cells = [:]
      state.open = [:]
      state.replayed = [:]
      state.came = 0
      state.displaced = 0
      state.begin = Edge(finished: now, started: now)
      state.droppedBefore = state.registration?.dropped ?? 0
      state.sequences = numbers(sequences)
      state.isAsync = state.registration?.options.delivery != .sync
      state.held = [state.handler].compactMap { $0 }
    }
  }

  /// The subscription in words, with its last operations.
  func describe() -> String {
    state.withLock { state in
      let delivery = (state.registration?.options.delivery).map { "\($0)" } ?? "not registered yet"
      return "  \(name): \(traits.pattern), \(delivery), priority \(traits.priority), "
        + "\(traits.retry.attempts) attempts\(traits.isStrict ? " in order" : "")\n\(state.history.text)"
    }
  }
}
