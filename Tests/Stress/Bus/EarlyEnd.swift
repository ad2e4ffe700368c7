import EventBus
import HostSupport
import Synchronization

/// Ends a handler while the publisher that called it is in a later one: what the handler did must lie behind the end, though
/// the publisher has not come out of its publish yet. Only a sanitizer sees whether it does.
final class EarlyEnd: Sendable {
  private let canary = Canary()
  private let sum = Atomic<Int>(0)
  private let step = Atomic<Int>(0)

  private func awaitStep(_ number: Int) {
    var pause = Backoff()
    while step.load(ordering: .relaxed) != number { pause.wait() }
  }

  private func handler(_ body: @escaping @Sendable () -> Void) -> Handler {
    unsafe Handler { _ in
      body()
      return 0
    }
  }

  /// Does it once.
  ///
  /// - Returns: What is wrong.
  func run(_ bus: EventBus) throws -> String? {
    let topic = try bus.topic("early")
    let pattern = try TopicPattern("early")
    let first = try bus.subscribe(
      bus.hostOwner, SubscriptionOptions(pattern: pattern, name: "first", priority: 1),
      handler: handler { [self] in sum.store(canary.look(), ordering: .relaxed) })
    let second = try bus.subscribe(
      bus.hostOwner, SubscriptionOptions(pattern: pattern, name: "second"),
      handler: handler { [self] in
        step.store(1, ordering: .relaxed)
        awaitStep(2)
      })
    let publisher = try Thread(name: "early") {
      var event = StressEvent(StressEvent.Identity(stream: 0, topic: 0, number: 0))
      _ = unsafe withUnsafeMutablePointer(to: &event) { unsafe topic.publish($0) }
    }
    awaitStep(1)
    let ending = try bus.unsubscribe(first, until: .after(milliseconds: 60_000))
    canary.kill()
    step.store(2, ordering: .relaxed)
    publisher.join()
    _ = try bus.unsubscribe(second, until: .after(milliseconds: 60_000))
    return ending == .ended ? nil : "the end of a handler waits for a later one"
  }
}
