import EventBus
import Glibc
import HostSupport
import Synchronization
import Testing

/// A bus with a ledger of its events' copies and a list of what failed.
final class Fixture: Sendable {
  /// A failed delivery, as it was reported.
  struct Failure: Equatable, Sendable {
    let subscription: String
    let number: Int
    let result: Code

    struct Code: Equatable, Sendable {
      let code: Int32
      let fault: Int32
    }

    init(_ subscription: String, _ number: Int, code: Int32, fault: Int32 = 0) {
      self.subscription = subscription
      self.number = number
      result = Code(code: code, fault: fault)
    }
  }

  private final class Failures: Sendable {
    let all = Mutex<[Failure]>([])
  }

  let bus: EventBus
  let ledger = Ledger()
  private let failures = Failures()
  /// Names of subscriptions whose handlers ran past their limits.
  let late = Log<String>()

  /// Queues that lagged, as `SUBSCRIPTION COUNT/CAPACITY`.
  let lags = Log<String>()

  var failed: [Failure] { failures.all.withLock { $0 } }

  init(
    threads: Int = 2, mostTopics: Int = 65_536,
    onViolation: @escaping @Sendable (SchemaViolation) -> Void = { _ in }
  ) {
    let failures = failures
    let late = late
    let lags = lags
    bus = unsafe EventBus(
      layout: TestEvent.layout, threads: threads, mostTopics: mostTopics,
      onFailure: { failure in
        let seen = unsafe TestEvent.seen(failure.event)
        let record = Failure(
          failure.subscription.name, seen.number, code: failure.result.code,
          fault: failure.result.fault)
        failures.all.withLock { $0.append(record) }
        return failure.timedOut ? "timed out" : "code \(failure.result.code)"
      },
      onTimeout: { late.append($0.subscription.name) },
      onLag: { lags.append("\($0.subscription.name) \($0.queued)/\($0.capacity) \($0.topic)") },
      onViolation: onViolation)
  }

  deinit { bus.stop() }

  @discardableResult
  func publish(
    _ topic: Topic, _ number: Int, publisher: Int = 0, subject: StaticString = "",
    key: StaticString = "", json: StaticString = ""
  ) -> CallFailure? {
    var event = TestEvent(publisher: publisher, number: number, ledger: ledger)
    event.subject = subject
    event.key = key
    event.json = json
    return unsafe withUnsafeMutablePointer(to: &event) {
      unsafe topic.publish(UnsafeMutableRawPointer($0))
    }
  }

  @discardableResult
  func subscribe(
    _ owner: Owner, _ pattern: String, name: String? = nil, priority: Int32 = 0,
    delivery: SubscriptionOptions.Delivery = .sync, key: EventField = .partitionKey, lanes: Int = 1,
    conditions: [EventCondition] = [],
    timeout: Int? = nil, retry: RetryPolicy = RetryPolicy(), strictOrder: Bool = false,
    shadow: Bool = false,
    _ body: @escaping @Sendable (TestEvent.Seen) -> Int32
  ) throws -> Subscription {
    let options = SubscriptionOptions(
      pattern: try TopicPattern(pattern), name: name, priority: priority, delivery: delivery,
      key: key, lanes: lanes, conditions: conditions, timeout: timeout, retry: retry,
      strictOrder: strictOrder)
    let handler = unsafe Handler { event in unsafe body(TestEvent.seen(event)) }
    return try bus.subscribe(owner, options, shadow: shadow, handler: handler)
  }
}

/// A list that several threads append to.
final class Log<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])

  var all: [Element] { elements.withLock { $0 } }
  var count: Int { elements.withLock { $0.count } }

  func append(_ element: Element) { elements.withLock { $0.append(element) } }
}

/// A flag that is raised once, and can be waited for.
final class Flag: Sendable {
  private let raised = Monitor(false)

  var isRaised: Bool { raised.withLock { $0 } }

  func raise() { raised.update { $0 = true } }

  @discardableResult
  func wait(seconds: Int = 20) -> Bool {
    raised.wait(until: .after(milliseconds: seconds * 1000)) { $0 ? true : nil } ?? false
  }
}

/// Waits until a condition holds; answers whether it came to hold.
func eventually(seconds: Int = 20, _ condition: () -> Bool) -> Bool {
  let deadline = Deadline.after(milliseconds: seconds * 1000)
  while !condition() {
    if deadline.hasPassed { return false }
    usleep(200)
  }
  return true
}
