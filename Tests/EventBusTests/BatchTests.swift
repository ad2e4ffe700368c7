import CHostSupport
import EventBus
import HostSupport
import Synchronization
import Testing

/// Handlers that take several events at once.
@Suite struct BatchTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  /// What such a handler saw, and does.
  private final class Batches: Sendable {
    /// Numbers of the events of each call; of those that it came to.
    let calls = Log<[Int]>()
    /// Numbers that fail, as often as they come.
    let bad: Set<Int>
    /// After how many events it comes back.
    let most: Int
    let entered = Flag()
    let release = Flag()

    init(bad: Set<Int> = [], most: Int = .max) {
      self.bad = bad
      self.most = most
    }

    var all: [Int] { calls.all.flatMap { $0 } }

    func handle(_ numbers: [Int]) -> (code: Int32, handled: Int) {
      defer {
        entered.raise()
        release.wait()
      }
      let coming = numbers.prefix(most)
      guard let stop = coming.firstIndex(where: { bad.contains($0) }) else {
        calls.append(Array(coming))
        return (0, coming.count)
      }
      calls.append(Array(coming[...stop]))
      return (9, stop)
    }
  }

  private func subscribe(
    _ batches: Batches, capacity: Int = 256,
    overflow: SubscriptionOptions.Overflow = .fail, retry: RetryPolicy = RetryPolicy()
  ) throws -> Subscription {
    let handler = unsafe Handler(
      context: Unmanaged.passUnretained(batches).toOpaque(), inPlugin: false,
      batch: { context, events, count, handled, _ in
        guard let context = unsafe context else { return 1 }
        let batches = unsafe Unmanaged<Batches>.fromOpaque(context).takeUnretainedValue()
        let numbers = (0..<Int(count)).map { unsafe TestEvent.seen(events?[$0]).number }
        let (code, done) = batches.handle(numbers)
        unsafe handled?.pointee = UInt64(done)
        return code
      },
      call: { context, event, _ in
        guard let context = unsafe context else { return 1 }
        let batches = unsafe Unmanaged<Batches>.fromOpaque(context).takeUnretainedValue()
        return unsafe batches.handle([TestEvent.seen(event).number]).code
      })
    let options = SubscriptionOptions(
      pattern: try TopicPattern("t"), name: "batches",
      delivery: .async(capacity: capacity, overflow: overflow), retry: retry)
    return try fixture.bus.subscribe(owner, options, handler: handler)
  }

  /// Publishes the first event, and the others once that is being handled.
  private func publish(_ count: Int, to batches: Batches) throws {
    let topic = try fixture.bus.topic("t")
    fixture.publish(topic, 1)
    #expect(batches.entered.wait())
    for number in 2...count { #expect(fixture.publish(topic, number) == nil) }
    batches.release.raise()
  }

  @Test func `What waits is given at once, in order, and counted one by one`() throws {
    let batches = Batches()
    let subscription = try subscribe(batches)
    try publish(100, to: batches)
    #expect(eventually { batches.all == Array(1...100) }, "\(batches.calls.all)")
    #expect(batches.calls.all.contains { $0.count > 1 })
    #expect(eventually { fixture.ledger.live == 0 })
    #expect(eventually { subscription.delivered == 100 })
  }

  @Test func `A batch is an eighth of what the queue has room for, at most`() throws {
    let batches = Batches()
    _ = try subscribe(batches, capacity: 32)
    try publish(30, to: batches)
    #expect(eventually { batches.all == Array(1...30) }, "\(batches.calls.all)")
    #expect(batches.calls.all.allSatisfy { $0.count <= 4 }, "\(batches.calls.all)")
  }

  @Test func `A handler that comes back early is given the rest`() throws {
    let batches = Batches(most: 3)
    _ = try subscribe(batches)
    try publish(50, to: batches)
    #expect(eventually { batches.all == Array(1...50) }, "\(batches.calls.all)")
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test func `The one that fails is given up by its policy, and those around it are handled once`()
    throws
  {
    var twice = RetryPolicy()
    twice.attempts = 2
    twice.initial = 1
    twice.cap = 1
    let batches = Batches(bad: [7, 8, 20])
    _ = try subscribe(batches, retry: twice)
    try publish(40, to: batches)
    #expect(eventually { fixture.bus.deadLetters.all.count == 3 })
    for number in 1...40 {
      let times = [7, 8, 20].contains(number) ? 2 : 1
      #expect(eventually { batches.all.count { $0 == number } == times }, "\(number)")
    }
    #expect(fixture.failed.count == 6)
  }

  @Test func `What a batch holds when its subscription ends is dropped, and nothing leaks`() throws
  {
    let batches = Batches(most: 1)
    let subscription = try subscribe(batches)
    let topic = try fixture.bus.topic("t")
    fixture.publish(topic, 1)
    #expect(batches.entered.wait())
    for number in 2...60 { fixture.publish(topic, number) }
    #expect(try fixture.bus.unsubscribe(subscription, until: .after(milliseconds: 0)) == .pending)
    batches.release.raise()
    #expect(eventually { fixture.ledger.live == 0 }, "\(fixture.ledger.live)")
  }
}
