import CHostSupport
import Glibc
import HostSupport
import Testing

@testable import EventBus

@Suite struct SyncDeliveryTests {
  let fixture = Fixture()
  let owner = Owner(name: "plugin", generation: 1)

  @Test("handlers run by priority, then in order of registration") func order() throws {
    let log = Log<String>()
    let topic = try fixture.bus.topic("a.b")
    let wanted: [(String, String, Int32)] = [
      ("low", "a.b", -1), ("first", "a.b", 0), ("high", "a.*", 10), ("second", ">", 0),
      ("third", "a.b", 0), ("highest", "a.>", .max), ("lowest", "a.b", .min),
    ]
    for (name, pattern, priority) in wanted {
      try fixture.subscribe(owner, pattern, name: name, priority: priority) { _ in
        log.append(name)
        return 0
      }
    }
    try fixture.subscribe(owner, "a.c", name: "other") { _ in
      log.append("other")
      return 0
    }
    #expect(fixture.publish(topic, 1) == nil)
    #expect(log.all == ["highest", "high", "first", "second", "third", "low", "lowest"])
    #expect(fixture.ledger.copies == 0)
  }

  @Test("a topic opened after its subscriptions finds them") func lateTopic() throws {
    let log = Log<Int>()
    try fixture.subscribe(owner, "late.*") { seen in
      log.append(seen.number)
      return 0
    }
    fixture.publish(try fixture.bus.topic("late.one"), 7)
    #expect(log.all == [7])
    #expect(fixture.bus.topics.map(\.name) == ["late.one"])
  }

  @Test("a handler that was unsubscribed before its turn is skipped") func skipped() throws {
    let log = Log<String>()
    let topic = try fixture.bus.topic("t")
    let later = Log<Subscription>()
    let bus = fixture.bus
    try fixture.subscribe(owner, "t", name: "first", priority: 1) { _ in
      log.append("first")
      for other in later.all {
        let ending = try? bus.unsubscribe(other, until: .after(milliseconds: 1000))
        log.append(ending == .ended ? "ended" : "not ended")
      }
      return 0
    }
    later.append(
      try fixture.subscribe(owner, "t", name: "second") { _ in
        log.append("second")
        return 0
      })
    fixture.publish(topic, 1)
    #expect(log.all == ["first", "ended"])
  }

  @Test("a subscription made in a handler does not see the current event") func nested() throws {
    let log = Log<Int>()
    let topic = try fixture.bus.topic("t")
    let fixture = fixture
    let owner = owner
    try fixture.subscribe(owner, "t", name: "maker", priority: 1) { [unowned fixture] seen in
      guard seen.number == 1 else { return 0 }
      _ = try? fixture.subscribe(owner, "t", name: "made") { seen in
        log.append(seen.number)
        return 0
      }
      return 0
    }
    fixture.publish(topic, 1)
    #expect(log.all == [])
    fixture.publish(topic, 2)
    #expect(log.all == [2])
  }

  @Test("publishing nests to the limit and is then refused") func depth() throws {
    let results = Log<CallFailure?>()
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(owner, "t") { [unowned fixture] seen in
      results.append(fixture.publish(topic, seen.number + 1))
      return 0
    }
    #expect(fixture.publish(topic, 1) == nil)
    #expect(results.all == [.tooDeep] + Array(repeating: nil, count: 31))
    #expect(fixture.publish(topic, 1) == nil)
    #expect(results.count == 64)
  }

  @Test(
    "a handler's error is counted and reported, and the others still run",
    arguments: [1, 17, -1, -3, -4, -6, -100])
  func error(code: Int32) throws {
    let log = Log<String>()
    let topic = try fixture.bus.topic("t")
    try fixture.subscribe(owner, "t", name: "bad", priority: 1) { _ in code }
    let good = try fixture.subscribe(owner, "t", name: "good") { _ in
      log.append("good")
      return 0
    }
    #expect(fixture.publish(topic, 5) == nil)
    #expect(log.all == ["good"])
    #expect(fixture.failed.map(\.subscription) == ["bad"])
    #expect(fixture.failed.map(\.number) == [5])
    #expect(fixture.failed.map(\.result.code) == [(-6 ... -1).contains(code) ? 1 : code])
    #expect(fixture.bus.failed == 1)
    #expect(good.delivered == 1)
  }

  @Test("names are unique in their owner, and made of the pattern where none is given")
  func names() throws {
    let first = try fixture.subscribe(owner, "a.*") { _ in 0 }
    let second = try fixture.subscribe(owner, "a.*") { _ in 0 }
    let other = try fixture.subscribe(Owner(name: "q", generation: 1), "a.*") { _ in 0 }
    #expect([first.name, second.name, other.name] == ["a.*#1", "a.*#2", "a.*#1"])
    _ = try fixture.bus.unsubscribe(first, until: .never)
    #expect(try fixture.subscribe(owner, "a.*") { _ in 0 }.name == "a.*#3")
    let error = #expect(throws: BusError.self) {
      try fixture.subscribe(owner, "a.*", name: "a.*#2") { _ in 0 }
    }
    #expect(
      error?.description
        == "there is a registration named 'a.*#2' already; choose another name")
    #expect(throws: BusError.gone) { try fixture.bus.unsubscribe(first, until: .never) }
    #expect(
      throws: BusError.invalid(
        "topic 'a b' has a character other than letters, digits, '_', '-' and '.'")
    ) { try fixture.bus.topic("a b") }
  }

  @Test("the sequence is counted where somebody needs it") func sequence() throws {
    let topic = try fixture.bus.topic("t")
    let log = Log<UInt64>()
    try fixture.subscribe(owner, "t", name: "sync") { seen in
      log.append(seen.sequence)
      return 0
    }
    fixture.publish(topic, 1)
    #expect(topic.sequence == 0)
    try fixture.subscribe(
      owner, "t", name: "async", delivery: .async(capacity: 10, overflow: .fail)
    ) { _ in 0 }
    fixture.publish(topic, 2)
    fixture.publish(topic, 3)
    #expect(topic.sequence == 2)
    #expect(log.all == [0, 1, 2])
  }

  @Test("what a publish leaves behind is not met by the next") func leavesNothing() throws {
    let busy = try fixture.bus.topic("busy")
    let quiet = try fixture.bus.topic("quiet")
    let release = Flag()
    let entered = Flag()
    try fixture.subscribe(owner, "busy", delivery: .async(capacity: 1, overflow: .fail)) { _ in
      entered.raise()
      release.wait()
      return 0
    }
    let log = Log<Int>()
    try fixture.subscribe(owner, "quiet") { seen in
      log.append(seen.number)
      return 0
    }
    fixture.publish(busy, 1)
    #expect(entered.wait())
    fixture.publish(busy, 2)
    #expect(fixture.publish(busy, 3) == .queueFull)
    #expect(fixture.publish(quiet, 4) == nil)
    #expect(log.all == [4])
    release.raise()
    #expect(eventually { fixture.ledger.live == 0 })
  }

  @Test("a thread that ends inside a handler leaves its slot as it found it") func threadEnds()
    throws
  {
    let outer = try fixture.bus.topic("outer")
    let inner = try fixture.bus.topic("inner")
    let (fixture, depths) = (fixture, Log<UInt32>())
    try fixture.subscribe(owner, "outer") { seen in
      fixture.publish(inner, seen.number)
      return 0
    }
    let ending = try fixture.subscribe(owner, "inner") { seen in
      var depth: UInt32 = 0
      while unsafe hs_chain_topic(depth) != nil { depth += 1 }
      depths.append(depth)
      if seen.number == 1 { pthread_exit(nil) }
      return 0
    }
    for number in 1...2 {
      try Thread(name: "publisher") { fixture.publish(outer, number) }.join()
    }
    #expect(depths.all == [2, 2])
    let end = try fixture.bus.unsubscribe(ending, until: .after(milliseconds: 1000))
    #expect(end == .ended)
    #expect(fixture.publish(outer, 3) == nil)
  }
}
