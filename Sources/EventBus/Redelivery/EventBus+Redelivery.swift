import CHostSupport
import HostSupport
import Synchronization

/// What becomes of a delivery that failed: another attempt later, or a dead letter.
extension EventBus {
  /// How long a retry that meets a closed gate waits before it tries again.
  private static let gatePause = 20

  /// Events that wait for another attempt, made with the first of them.
  var retries: RetrySchedule {
    schedule.withLock { schedule in
      if let schedule { return schedule }
      let made = RetrySchedule { [weak self] retry in self?.redeliver(retry) }
      schedule = made
      return made
    }
  }

  /// Events that wait for another attempt.
  public var retrying: Int { schedule.withLock { $0?.count ?? 0 } }

  /// Attempts after the first that were arranged.
  public var retried: UInt64 { counters.withLock { $0.retried } }

  /// Counts and reports a failure, and arranges the next attempt or gives the event up.
  func noteFailure(_ failure: DeliveryFailure) {
    guard let retry = noteFailureInPlace(failure) else { return }
    if !retries.add(retry) { bury(retry, .overflow) }
  }

  /// The same, but the next attempt is the caller's to make.
  ///
  /// - Returns: What to try again, and when; `nil` when the event was given up.
  func noteFailureInPlace(_ failure: DeliveryFailure) -> PendingRetry? {
    let error = report(failure)
    guard let event = unsafe failure.event, let topic = unsafe failure.topic,
      case let name = unsafe String(cString: topic.pointee.name), !name.hasPrefix("dead.")
    else { return nil }
    guard let copy = unsafe layout.copy(event) else {
      unsafe noteDropped(topic, of: failure.subscription.owner.name)
      return nil
    }
    let subscription = failure.subscription
    let policy = subscription.options.retry
    let crashed = failure.result.failure == .crashed
    if !crashed, failure.attempt < policy.attempts {
      let next = failure.attempt + 1
      unsafe layout.setAttempt(copy, UInt32(next))
      noteRetried(failure)
      return unsafe PendingRetry(
        plugin: subscription.owner.name, subscription: subscription.name, topic: name,
        due: .after(milliseconds: policy.pause(before: next, random: .random(in: 0...1))),
        item: DeliveryQueue.Item(event: copy, topic: topic, attempt: next), error: error)
    }
    bury(
      unsafe DeadLetter(
        topic: name, plugin: subscription.owner.name, subscription: subscription.name,
        cause: crashed ? .crashed : failure.timedOut ? .timeout : .failed,
        attempts: failure.attempt, error: error,
        moment: Deadline.now(),
        item: DeliveryQueue.Item(event: copy, topic: topic, attempt: failure.attempt)))
    return nil
  }

  /// Notes the failure of an event that was queued.
  ///
  /// - Parameters:
  ///   - subscription: Whose delivery it was.
  ///   - item: The event; the reference stays the caller's.
  ///   - outcome: What came of it.
  ///   - inPlace: Whether the caller can keep the event in its place.
  /// - Returns: What to try again in its place, for a subscription in strict order.
  @discardableResult
  func noteFailure(
    _ subscription: Subscription?, _ item: DeliveryQueue.Item, _ outcome: Outcome,
    inPlace: Bool = false
  ) -> PendingRetry? {
    guard let subscription else { return nil }
    let failure = unsafe DeliveryFailure(
      subscription: subscription, event: item.event, topic: item.topic, attempt: item.attempt,
      result: outcome.result, timedOut: outcome.timedOut)
    guard inPlace, subscription.options.strictOrder else {
      noteFailure(failure)
      return nil
    }
    return noteFailureInPlace(failure)
  }

  /// Counts and reports a failure.
  ///
  /// - Returns: What the handler said.
  func report(_ failure: DeliveryFailure) -> String {
    unsafe Topic.of(failure.topic)?.figures.failed.note()
    failure.subscription.figures.failed.note()
    counters.withLock { $0.failed += 1 }
    return onFailure(failure)
  }

  func noteRetried(_ failure: DeliveryFailure) {
    unsafe Topic.of(failure.topic)?.figures.retried.note()
    failure.subscription.figures.retried.note()
    counters.withLock { $0.retried += 1 }
  }

  /// Gives a due event to whoever has the subscription's name now.
  func redeliver(_ retry: PendingRetry) {
    guard let subscription = active(retry.subscription, of: retry.plugin) else {
      return bury(retry, .unsubscribed)
    }
    let (direct, queue) = state.withLock { _ in (subscription.direct, subscription.queue) }
    if let queue {
      queue.pushFirst(retry.item)
    } else if let direct {
      workers.submit { [self] in call(direct, of: subscription, with: retry) }
    } else {
      postpone(retry)
    }
  }

  private func call(
    _ direct: Callable, of subscription: Subscription, with retry: PendingRetry
  ) -> Bool {
    if subscription.options.timeout != nil, !subscription.trial.admit() {
      postpone(retry)
      return false
    }
    let item = retry.item
    let outcome = unsafe call(
      direct, of: subscription, item.event, topic: item.topic, patience: 0)
    switch outcome.result.failure {
    case .gateClosed, .revoked: postpone(retry)
    default:
      if outcome.result.code != 0 || outcome.timedOut {
        noteFailure(subscription, item, outcome)
      }
      unsafe layout.release(item.event)
    }
    return outcome.result.failure == .crashed
  }

  private func postpone(_ retry: PendingRetry) {
    let later = PendingRetry(
      plugin: retry.plugin, subscription: retry.subscription, topic: retry.topic,
      due: .after(milliseconds: Self.gatePause), item: retry.item, error: retry.error)
    if !retries.add(later) { bury(later, .overflow) }
  }

  private func bury(_ retry: PendingRetry, _ cause: DeadLetter.Cause) {
    bury(
      DeadLetter(
        topic: retry.topic, plugin: retry.plugin, subscription: retry.subscription, cause: cause,
        attempts: retry.item.attempt - 1, error: retry.error, moment: Deadline.now(),
        item: retry.item))
  }

  /// Keeps a letter, whose reference passes to the store, and tells of it.
  func bury(_ letter: DeadLetter) {
    unsafe layout.retain(letter.item.event)
    defer { unsafe layout.release(letter.item.event) }
    unsafe Topic.of(letter.item.topic)?.figures.dead.note()
    figures(of: letter.subscription, plugin: letter.plugin)?.dead.note()
    unsafe onDead(self, deadLetters.keep(letter), letter.item.event)
  }

  /// Delivers dead letters once more, each to the subscription that failed.
  ///
  /// - Parameter chosen: Says of each letter whether it is to be delivered.
  /// - Returns: The letters that are on their way, and those whose subscription nobody has now: they stay.
  public func replayDeadLetters(
    where chosen: (DeadLetter) -> Bool
  ) -> (replayed: [DeadLetter], homeless: [DeadLetter]) {
    let wanted = deadLetters.all.filter(chosen)
    let homeless = wanted.filter { active($0.subscription, of: $0.plugin) == nil }
    let ids = Set(wanted.map(\.id)).subtracting(homeless.map(\.id))
    let taken = deadLetters.take { ids.contains($0.id) }
    for letter in taken {
      redeliver(
        PendingRetry(
          plugin: letter.plugin, subscription: letter.subscription, topic: letter.topic,
          due: .after(milliseconds: 0), item: again(letter.item), error: letter.error))
    }
    return (taken, homeless)
  }

  /// The event of a letter, marked as delivered before. Others may refer to the letter's copy: only without memory it is used
  /// as it is.
  private func again(_ item: DeliveryQueue.Item) -> DeliveryQueue.Item {
    guard let copy = unsafe layout.copy(item.event) else { return item.anew }
    unsafe layout.release(item.event)
    unsafe layout.setAttempt(copy, 1)
    unsafe layout.markRedelivered(copy)
    return unsafe DeliveryQueue.Item(event: copy, topic: item.topic)
  }

  /// The figures of a name, whether it serves or not.
  private func figures(of name: String, plugin: String) -> SubscriptionFigures? {
    state.withLock { state in
      for (owner, all) in state.byOwner where owner.name == plugin {
        if let found = all.first(where: { $0.name == name }) { return found.figures }
      }
      return nil
    }
  }

  /// The subscription of that name that serves now, whichever generation has it.
  func active(_ name: String, of plugin: String) -> Subscription? {
    state.withLock { state in
      for (owner, all) in state.byOwner where owner.name == plugin {
        if let found = all.first(where: { $0.name == name && $0.standing == .active }) {
          return found
        }
      }
      return nil
    }
  }
}
