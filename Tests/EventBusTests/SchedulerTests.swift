import HostSupport
import Testing

@testable import EventBus

@Suite(.serialized) struct SchedulerTests {
  let fixture = Fixture(threads: 1)
  let scheduler: Scheduler
  let owner = Owner(name: "plugin", generation: 1)

  init() { scheduler = Scheduler(workers: fixture.bus.workers) }

  private func timer(
    _ owner: Owner, _ name: String, after delay: Int, every interval: Int? = nil,
    _ body: @escaping @Sendable () -> Void
  ) -> ScheduledTimer {
    ScheduledTimer(owner: owner, name: name, delay: delay, interval: interval) { callable in
      var body = body
      return unsafe withUnsafeMutablePointer(to: &body) { body in
        unsafe callable.call(patience: 0, body) { body in
          unsafe body?.assumingMemoryBound(to: (@Sendable () -> Void).self).pointee()
          return 0
        }
      }
    }
  }

  @Test("timers run in the order of their time, each once") func order() throws {
    let log = Log<String>()
    let timers = [("c", 3), ("a", 1), ("d", 4), ("b", 2)].map { name, delay in
      timer(owner, name, after: delay) { log.append(name) }
    }
    for timer in timers { try scheduler.schedule(timer, shadow: true) }
    scheduler.handOver(from: Owner(name: "plugin", generation: 0), to: owner)
    #expect(eventually { log.count == 4 })
    #expect(log.all == timers.sorted { $0.next < $1.next }.map(\.name))
    #expect(eventually { scheduler.names(of: owner).isEmpty })
    scheduler.stop()
  }

  @Test("an interval repeats until it is cancelled, and then never again") func interval() throws {
    let count = Count()
    let repeating = timer(owner, "r", after: 1, every: 1) { count.add() }
    try scheduler.schedule(repeating, shadow: false)
    #expect(throws: BusError.nameTaken("r")) {
      try scheduler.schedule(timer(owner, "r", after: 1) {}, shadow: false)
    }
    #expect(eventually { count.value >= 5 })
    #expect(try scheduler.cancel(repeating, until: .after(milliseconds: 5000)) == .ended)
    let last = count.value
    let other = Flag()
    try scheduler.schedule(timer(owner, "other", after: 10) { other.raise() }, shadow: false)
    #expect(other.wait())
    #expect(count.value == last)
    #expect(throws: BusError.gone) { try scheduler.cancel(repeating, until: .never) }
    scheduler.stop()
  }

  @Test("cancelling waits for the call, unless it comes from inside") func cancel() throws {
    let entered = Flag()
    let release = Flag()
    let endings = Log<Callable.Ending?>()
    let timers = Log<ScheduledTimer>()
    let scheduler = scheduler
    timers.append(
      timer(owner, "own", after: 1, every: 1) {
        endings.append(try? scheduler.cancel(timers.all[0], until: .never))
        entered.raise()
        release.wait()
      })
    try scheduler.schedule(timers.all[0], shadow: false)
    #expect(entered.wait())
    #expect(endings.all == [.pending])
    #expect(timers.all[0].callable.isRunning)
    release.raise()
    #expect(eventually { !timers.all[0].callable.isRunning })
    scheduler.stop()
  }

  @Test("a handover suspends one generation's timers and starts the other's") func handover() throws
  {
    let new = Owner(name: "plugin", generation: 2)
    let (before, after) = (Count(), Count())
    try scheduler.schedule(timer(owner, "t", after: 1, every: 1) { before.add() }, shadow: false)
    try scheduler.schedule(timer(new, "t", after: 1, every: 1) { after.add() }, shadow: true)
    for _ in 0..<20 {
      for (from, to, count) in [(owner, new, after), (new, owner, before)] {
        fixture.bus.closeGates(of: [from], callables: scheduler.callables(of: from))
        #expect(fixture.bus.drain(from, until: .after(milliseconds: 5000)) == 0)
        let other = from == owner ? before : after
        let stopped = other.value
        scheduler.handOver(from: from, to: to)
        _ = fixture.bus.handOver(from: from, to: to, recorder: nil, replaying: nil)
        let reached = count.value + 2
        #expect(eventually { count.value >= reached })
        #expect(other.value == stopped)
      }
    }
    #expect(scheduler.revoke(owner, until: .after(milliseconds: 5000)) == 0)
    #expect(scheduler.revoke(new, until: .after(milliseconds: 5000)) == 0)
    scheduler.stop()
  }

  @Test("a timer that comes due behind a closed gate runs when it opens") func gated() throws {
    let ran = Flag()
    try scheduler.schedule(timer(owner, "t", after: 5) { ran.raise() }, shadow: false)
    let callables = scheduler.callables(of: owner)
    fixture.bus.closeGates(of: [owner], callables: callables)
    let later = Flag()
    let other = Owner(name: "other", generation: 1)
    try scheduler.schedule(timer(other, "later", after: 20) { later.raise() }, shadow: false)
    #expect(later.wait())
    #expect(!ran.isRaised)
    fixture.bus.openGates(of: [owner], callables: callables)
    #expect(ran.wait())
    scheduler.stop()
  }
}
