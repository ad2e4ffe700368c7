import CHostSupport
import Glibc
public import HostSupport
import Synchronization

/// A running watch of a collection: reports each change in order, one call at a time.
///
/// It runs until `cancel`, also when nobody holds this object. Threading: any thread.
public final class MetadataWatch: Sendable {
  /// How a watch ended.
  public enum Ending: Sendable, Equatable {
    /// No call happens or will happen.
    case ended
    /// One call is still running; none will start, and the completion follows.
    case pending
  }

  /// What is said of a watch in `phase`.
  private enum Phase {
    /// Nothing is left to be reported, and no delivery is scheduled.
    static let idle = 0
    /// A delivery is scheduled or goes on.
    static let scheduled = 1
    /// The same, and something was published since it looked.
    static let again = 2
  }

  private struct State {
    var caller: pthread_t?
    var isCancelled = false
    var completions: [@Sendable () -> Void] = []
  }

  /// What a delivery comes to.
  private enum Step {
    case change(MetadataChange)
    /// Changes up to this revision are no longer held.
    case lost(at: UInt64)
  }

  /// Where a delivery goes on; touched by whoever made the watch anything but idle.
  private struct Place {
    var position: UInt64 = 0
    var chunk: HistoryChunk?
  }

  /// Changes that are reported before other watches have their turn.
  private static let portion = 64
  /// How often a delivery that has caught up looks for more before it ends: to be woken costs the writer more.
  private static let looks = 500

  /// What the watch is called in messages; unique in the store.
  public let name: String
  /// What it is told of; `nil` for every change.
  public let scope: WatchScope?

  private let handler: @Sendable (MetadataWatchEvent) -> Void
  private let dispatch: @Sendable (@escaping @Sendable () -> Void) -> Void
  private let feed: Feed
  private let state = Monitor(State())
  private let phase = Atomic(Phase.idle)
  private let place = Mutex(Place())

  init(
    name: String, scope: WatchScope?, feed: Feed,
    dispatch: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
    handler: @escaping @Sendable (MetadataWatchEvent) -> Void
  ) {
    self.name = name
    self.scope = scope
    self.feed = feed
    self.dispatch = dispatch
    self.handler = handler
  }

  /// Ends the watch.
  ///
  /// After `.ended` the handler is not running and will not run again. From inside the handler itself the answer is `.pending` at
  /// once. Two handlers that cancel each other's watches wait for each other until the deadline.
  ///
  /// - Parameters:
  ///   - deadline: How long to wait for a call that is running.
  ///   - completion: Called once after `.pending`, when that call has returned, on its thread.
  /// - Returns: Whether the watch has ended.
  @discardableResult
  public func cancel(
    until deadline: Deadline = .never, completion: (@Sendable () -> Void)? = nil
  ) -> Ending {
    feed.remove(self)
    let own = pthread_self()
    let ending = state.wait(until: deadline) { state -> Ending? in
      state.isCancelled = true
      guard let caller = state.caller else { return .ended }
      return caller == own ? .pending : nil
    }
    if ending == .ended { return .ended }
    return state.withLock { state in
      guard state.caller != nil else { return .ended }
      if let completion { state.completions.append(completion) }
      return .pending
    }
  }

  /// What a change means for it.
  func meaning(of change: MetadataChange) -> WatchScope.Meaning {
    scope?.meaning(of: change) ?? .change
  }

  /// Whether a change of its collection means anything for it.
  func isTold(ofItsOwn change: MetadataChange) -> Bool {
    scope?.meaning(ofItsOwn: change) != WatchScope.Meaning.none
  }

  /// Sets where to begin; before the first `wake`.
  func begin(at position: UInt64) {
    place.withLock { $0.position = position }
  }

  /// Schedules delivery of what was published at `position` and after it.
  ///
  /// Called in order of positions for every change that means something to it, so an idle watch has missed nothing before `position`.
  func wake(at position: UInt64) {
    let former = phase.exchange(Phase.again, ordering: .sequentiallyConsistent)
    guard former == Phase.idle else { return }
    place.withLock { place in
      if position > place.position { place = Place(position: position) }
    }
    dispatch(deliver)
  }

  /// Reports one portion of changes, then lets the other watches of the thread have their turn.
  private func deliver() {
    phase.store(Phase.scheduled, ordering: .sequentiallyConsistent)
    var reported = 0
    while reported < Self.portion {
      switch next() {
      case .change(let change)?:
        reported += 1
        guard report(change) else { return }
      case .lost(let revision)?:
        guard call(.resync(from: revision)) else { return }
      case nil:
        let (done, _) = phase.compareExchange(
          expected: Phase.scheduled, desired: Phase.idle, ordering: .sequentiallyConsistent)
        if done { return }
        phase.store(Phase.scheduled, ordering: .sequentiallyConsistent)
      }
    }
    dispatch(deliver)
  }

  /// - Returns: Whether to go on.
  private func report(_ change: MetadataChange) -> Bool {
    switch meaning(of: change) {
    case .none: true
    case .change: call(.change(change))
    case .leaving: call(.left(change))
    }
  }

  /// Takes the next change that is there, waiting a moment for it.
  private func next() -> Step? {
    place.withLock { place in
      if place.chunk?.holds(place.position) != true {
        switch feed.chunk(at: place.position) {
        case .success(let chunk): place.chunk = chunk
        case .failure(let lost):
          place = Place(position: lost.end)
          return .lost(at: lost.revision)
        }
      }
      guard let chunk = place.chunk else { return nil }
      let index = Int(place.position - chunk.start)
      for _ in 0..<Self.looks where index >= chunk.count { hs_pause() }
      guard index < chunk.count else {
        // A full chunk that was read to its end need not be kept.
        if chunk.isFull { place.chunk = nil }
        return nil
      }
      place.position += 1
      return .change(chunk[index])
    }
  }

  /// Calls the handler unless the watch was cancelled.
  ///
  /// - Returns: Whether to go on.
  private func call(_ event: MetadataWatchEvent) -> Bool {
    let own = pthread_self()
    let mayCall = state.withLock { state in
      if !state.isCancelled { state.caller = own }
      return !state.isCancelled
    }
    guard mayCall else { return false }
    handler(event)
    let (completions, goesOn) = state.update { state in
      state.caller = nil
      let completions = state.completions
      state.completions = []
      return (completions, !state.isCancelled)
    }
    for completion in completions { completion() }
    return goesOn
  }
}
