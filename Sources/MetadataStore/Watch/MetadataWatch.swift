import Glibc
public import HostSupport

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

  private enum Phase {
    case idle
    case scheduled(again: Bool)
  }

  private struct State {
    var phase = Phase.idle
    var position: UInt64 = 0
    var caller: pthread_t?
    var isCancelled = false
    var completions: [@Sendable () -> Void] = []
  }

  /// What the watch is called in messages; unique in the store.
  public let name: String
  /// The collection that is watched; `nil` for all.
  public let collection: String?
  /// What the keys that are watched begin with; empty for all.
  public let prefix: String

  private let handler: @Sendable (MetadataWatchEvent) -> Void
  private let dispatch: @Sendable (@escaping @Sendable () -> Void) -> Void
  private let feed: Feed
  private let state = Monitor(State())

  init(
    name: String, collection: String?, prefix: String, feed: Feed,
    dispatch: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
    handler: @escaping @Sendable (MetadataWatchEvent) -> Void
  ) {
    self.name = name
    self.collection = collection
    self.prefix = prefix
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

  func matches(_ change: MetadataChange) -> Bool {
    guard let collection else { return true }
    return unsafe change.record.collection == collection
      && change.record.withKey { unsafe $0.starts(with: prefix.utf8) }
  }

  /// Sets where to begin; before the first `wake`.
  func begin(at position: UInt64) {
    state.withLock { $0.position = position }
  }

  /// Schedules delivery of what was published at `position` and after it.
  ///
  /// Called in order of positions for every matching change, so an idle watch has missed nothing before `position`.
  func wake(at position: UInt64) {
    let mustDispatch = state.withLock { state in
      if state.isCancelled { return false }
      switch state.phase {
      case .idle:
        state.position = max(state.position, position)
        state.phase = .scheduled(again: false)
        return true
      case .scheduled:
        state.phase = .scheduled(again: true)
        return false
      }
    }
    if mustDispatch { dispatch(deliver) }
  }

  /// Reports one portion of changes, then lets the other watches of the thread have their turn.
  private func deliver() {
    let position = state.withLock { $0.position }
    switch feed.read(from: position) {
    case .lost(let next, let revision):
      guard call(.resync(from: revision)) else { return }
      advance(to: next, isLast: false)
    case .changes(let changes, let next):
      for change in changes where matches(change) {
        guard call(.change(change)) else { return }
      }
      advance(to: next, isLast: changes.isEmpty)
    }
  }

  private func advance(to position: UInt64, isLast: Bool) {
    let goesOn = state.withLock { state in
      state.position = position
      if case .scheduled(again: false) = state.phase, isLast {
        state.phase = .idle
        return false
      }
      state.phase = .scheduled(again: false)
      return true
    }
    if goesOn { dispatch(deliver) }
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
