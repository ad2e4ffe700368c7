import EventBus
import Synchronization

/// The handler that one generation registered for a subscription. It is the context of its C functions.
final class StressHandler: Sendable {
  static let failure: Int32 = 7

  let subscription: StressSubscription
  let plugin: StressPlugin
  let generation: StressGeneration
  let canary = Canary()
  private unowned let run: StressRun

  init(
    _ subscription: StressSubscription, of plugin: StressPlugin, in generation: StressGeneration,
    _ run: StressRun
  ) {
    self.subscription = subscription
    self.plugin = plugin
    self.generation = generation
    self.run = run
  }

  /// The bus's view of it; whoever registers it keeps it until nothing can call it.
  func callable() -> Handler {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    return unsafe Handler(
      context: context, inPlugin: true,
      wants: subscription.traits.sieve.isAsked
        ? { context, event in
          guard let context = unsafe context else { return 0 }
          return unsafe Unmanaged<StressHandler>.fromOpaque(context).takeUnretainedValue().wants(
            event)
        } : nil,
      call: { context, event, _ in
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<StressHandler>.fromOpaque(context).takeUnretainedValue().handle(
          event)
      })
  }

  private func wants(_ event: UnsafeRawPointer?) -> Int32 {
    guard isAllowed() else { return 0 }
    return Sieve.isWanted(unsafe StressEvent.seen(event).identity.number) ? 1 : 0
  }

  /// Whether it may be called now.
  private func isAllowed() -> Bool {
    let standing = generation.standing
    guard !canary.isDead, standing == .serving else {
      run.report("was called although it \(canary.isDead ? "has ended" : "is \(standing)")", self)
      return false
    }
    run.threads.current.sum &+= canary.look()
    return true
  }

  private func handle(_ event: UnsafeMutableRawPointer?) -> Int32 {
    let seen = unsafe StressEvent.seen(event)
    guard isAllowed() else { return 0 }
    let thread = run.threads.current
    checkOrder(seen, thread)
    let generation = generation.owner.generation
    if let problem = subscription.take(seen, in: generation, by: thread) {
      run.report("\(problem): \(seen.identity), attempt \(seen.attempt)", self)
    }
    if !run.isStopping { run.actInside(self, thread) }
    thread.sum &+= canary.look()
    guard subscription.fails(seen) else { return 0 }
    run.tallies.failures.note()
    return Self.failure
  }

  /// Handlers of one publish are called by priority, then by registration.
  private func checkOrder(_ seen: StressEvent.Seen, _ thread: StressThread) {
    guard let publish = thread.publishes.last, publish.identity == seen.identity,
      seen.attempt == 1, !seen.isRedelivered
    else { return }
    defer { publish.last = (subscription, seen.hops) }
    guard let (former, hops) = publish.last, hops == seen.hops else { return }
    let inOrder =
      former.traits.priority > subscription.traits.priority
      || former.traits.priority == subscription.traits.priority
        && subscription.lastTicket.load(ordering: .relaxed) >= former.ticket
    if !inOrder {
      run.report("was called after \(former.name), which comes later: \(seen.identity)", self)
    }
  }
}
