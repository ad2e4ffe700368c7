import HostSupport

/// Events that wait for another attempt, soonest first, and the thread that waits with them.
///
/// Threading: any thread; no lock is held while an event is delivered.
final class RetrySchedule: Sendable {
  private struct State {
    var pending: [PendingRetry] = []
    var held: [(queue: DeliveryQueue, lane: Int?, due: Deadline)] = []
    var stopping = false
    var started = false

    var soonest: Deadline {
      min(pending.first?.due ?? .never, held.map(\.due).min() ?? .never)
    }

    mutating func takeDue() -> ([PendingRetry], [(queue: DeliveryQueue, lane: Int?)]) {
      let now = Deadline.after(milliseconds: 0)
      let due = Array(pending.prefix { $0.due <= now })
      pending.removeFirst(due.count)
      let queues = held.filter { $0.due <= now }.map { ($0.queue, $0.lane) }
      held.removeAll { $0.due <= now }
      return (due, queues)
    }
  }

  private static let most = 100_000

  private let state = Monitor(State())
  private let deliver: @Sendable (PendingRetry) -> Void

  /// Makes a schedule; its thread starts with the first event.
  ///
  /// - Parameter deliver: Gets each event when it is due, on the schedule's thread; it takes the reference and returns soon.
  init(deliver: @escaping @Sendable (PendingRetry) -> Void) {
    self.deliver = deliver
  }

  /// Events that wait.
  var count: Int { state.withLock { $0.pending.count } }

  /// Lets an event wait until it is due.
  ///
  /// - Returns: `false` when too many wait already; the reference stays the caller's then.
  func add(_ retry: PendingRetry) -> Bool {
    let (added, start) = state.update { state -> (Bool, Bool) in
      guard state.pending.count < Self.most, !state.stopping else { return (false, false) }
      let place = state.pending.partitioningIndex { $0.due > retry.due }
      state.pending.insert(retry, at: place)
      defer { state.started = true }
      return (true, !state.started)
    }
    if start { startThread() }
    return added
  }

  /// Lets a queue that keeps its order, or one lane of it, serve again at a moment.
  func resume(_ queue: DeliveryQueue, lane: Int?, at due: Deadline) {
    let start = state.update { state in
      guard !state.stopping else { return false }
      state.held.append((queue, lane, due))
      defer { state.started = true }
      return !state.started
    }
    if start { startThread() }
  }

  /// Ends the thread.
  ///
  /// - Returns: What waited still; the references are the caller's.
  func stop() -> [PendingRetry] {
    state.update { state in
      state.stopping = true
      defer { state.pending = [] }
      return state.pending
    }
  }

  private func startThread() {
    do {
      try Thread(name: "dvt-retries") { [self] in run() }.detach()
    } catch {
      state.update { $0.started = false }
    }
  }

  private func run() {
    while let (due, queues) = next() {
      for retry in due { deliver(retry) }
      for (queue, lane) in queues { queue.letGo(lane) }
    }
  }

  /// What is due, once something is; `nil` when the schedule was stopped.
  private func next() -> (due: [PendingRetry], queues: [(queue: DeliveryQueue, lane: Int?)])? {
    while true {
      let soonest = state.withLock { $0.soonest }
      let found = state.wait(until: soonest) {
        state
          -> ([PendingRetry], [(queue: DeliveryQueue, lane: Int?)])?? in
        if state.stopping { return .some(nil) }
        guard state.soonest.hasPassed else {
          return state.soonest < soonest ? .some(([], [])) : nil
        }
        return .some(state.takeDue())
      }
      guard let found else { continue }
      return found
    }
  }
}

extension Array {
  /// The index of the first element that meets a condition which all after it meet too.
  fileprivate func partitioningIndex(where condition: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
