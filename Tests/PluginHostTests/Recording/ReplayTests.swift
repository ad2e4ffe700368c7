import EventBus
import EventStore
import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

/// A clock that goes on only while somebody waits for it.
private final class SteppingClock: Sendable {
  private let moment = Mutex<UInt64>(1_000)
  /// Called before each wait.
  private let onWait: @Sendable () -> Void

  init(onWait: @escaping @Sendable () -> Void = {}) {
    self.onWait = onWait
  }

  var now: UInt64 { moment.withLock { $0 } }

  var clock: ReplayClock {
    ReplayClock(
      now: { [self] in now },
      wait: { [self] until, _ in
        onWait()
        moment.withLock { $0 = max($0, until) }
      })
  }
}

extension HostSuite {
  @Suite("replays recorded events", .serialized)
  struct Replaying {
    private static let second: Int64 = 1_000_000_000

    /// A log of events of topic `t.x` that were recorded at these seconds, with their index as data.
    private func log(_ fixture: HostFixture, at seconds: [Double]) throws -> EventLog {
      let log = try EventLog(path: fixture.directory.file("recorded"))
      var items = seconds.enumerated().map { index, second in
        var entry = EventEntry(type: "t.x", data: [UInt8(truncatingIfNeeded: index)])
        entry.id = "\(index)"
        entry.source = "shop"
        return LogItem(.event(entry), time: Int64(second * 1e9))
      }[...]
      try log.append(&items, durable: false)
      return log
    }

    private func plan(_ log: EventLog, _ speed: ReplayRequest.Speed) throws -> EventReplay.Plan {
      EventReplay.Plan(
        numbers: 1...log.status.newest, pattern: try TopicPattern(">"), speed: speed)
    }

    @Test("in order, as they were, marked, and not recorded again")
    func asTheyWere() throws {
      let fixture = try HostFixture { $0.recording.patterns = ["t.*"] }
      for number in 1...40 { try fixture.publish("t.\(number % 3)", "\(number)") }
      let records = try fixture.recorded(40)
      let listener = try Listener(fixture.host, "t.>")
      var request = ReplayRequest(pattern: ">")
      request.speed = .most
      let progress = try fixture.replay(request)
      #expect(progress.state == .done && progress.published == 40 && progress.number == 40)
      #expect(progress.topics == ["t.0": 13, "t.1": 14, "t.2": 13])
      let heard = listener.events
      let before = records.compactMap(\.event)
      #expect(heard.map(\.data) == before.map(\.data))
      #expect(heard.map(\.time) == before.map(\.time))
      #expect(heard.map(\.id) == before.map { "\($0.type)#\($0.sequence)" })
      #expect(heard.allSatisfy { $0.isRedelivered && $0.source == "dovetail" })
      #expect(heard.map { $0["replayed"] } == Array(repeating: "true", count: 40))
      #expect(heard.map { $0["replaynumber"] } == (1...40).map { "\($0)" })
      try fixture.publish("t.9")
      #expect(try fixture.recorded(41).last?.event?.type == "t.9")
      #expect(try fixture.host.eventLog().count == 41)
    }

    @Test("into one topic, or under a prefix")
    func into() throws {
      let fixture = try HostFixture { $0.recording.patterns = ["t.*"] }
      for topic in ["t.a", "t.b"] { try fixture.publish(topic, topic) }
      _ = try fixture.recorded(2)
      let listener = try Listener(fixture.host, ">")
      var request = ReplayRequest(pattern: "t.*")
      request.speed = .most
      request.into = "all"
      _ = try fixture.replay(request)
      request.into = "once.more.>"
      _ = try fixture.replay(request)
      let heard = listener.events.filter { !$0.type.hasPrefix("loss") }
      #expect(heard.map(\.type) == ["all", "all", "once.more.t.a", "once.more.t.b"])
      #expect(heard.map { $0["replaytopic"] } == ["t.a", "t.b", "t.a", "t.b"])
      request.into = "not.*"
      let refusal = #expect(throws: OperationError.self) { try fixture.replay(request) }
      #expect(refusal?.message.contains("'prefix.>'") == true)
    }

    @Test("to the handlers alone: what was recorded had passed interceptors and routes")
    func pastRoutes() throws {
      let fixture = try HostFixture { configuration in
        configuration.recording.patterns = ["t.*"]
        configuration.routes = [.init(from: "t.a", to: "t.b")]
      }
      try fixture.publish("t.a")
      let records = try fixture.recorded(2)
      let listener = try Listener(fixture.host, "t.*")
      var request = ReplayRequest(pattern: ">")
      request.speed = .most
      #expect(try fixture.replay(request).published == 2)
      #expect(listener.events.map(\.type) == records.compactMap(\.event?.type))
    }

    @Test("to the subscriptions of one plugin, whatever they ask for", arguments: [false, true])
    func onePlugin(isAsync: Bool) throws {
      let fixture = try HostFixture(start: false)
      let log = try log(fixture, at: (0..<50).map(Double.init))
      let delivery: SubscriptionOptions.Delivery =
        isAsync ? .async(capacity: 4, overflow: .dropOldest) : .sync
      let one = try Listener(fixture.host, "t.*", of: "one", delivery: delivery)
      let other = try Listener(fixture.host, "t.>", of: "other")
      var plan = try plan(log, .most)
      plan.plugin = "one"
      EventReplay(plan, log: log, core: fixture.host.core) { _ in }.run()
      #expect(one.wait(for: 50))
      #expect(one.events.map(\.id) == (0..<50).map { "\($0)" })
      #expect(other.events.isEmpty)
      var request = ReplayRequest(pattern: ">")
      request.plugin = "nobody"
      let refusal = #expect(throws: OperationError.self) { try fixture.replay(request) }
      #expect(refusal?.message.contains("nobody") == true)
    }

    @Test("those that lie between two numbers or times, or only counts them")
    func range() throws {
      let fixture = try HostFixture { $0.recording.patterns = ["t.*"] }
      for number in 1...9 { try fixture.publish("t.x", "\(number)") }
      let records = try fixture.recorded(9)
      let listener = try Listener(fixture.host, "t.*")
      var request = ReplayRequest(pattern: "t.x")
      request.speed = .most
      request.from = .number(3)
      request.to = .number(5)
      request.isDry = true
      #expect(try fixture.replay(request).published == 3)
      #expect(listener.events.isEmpty)
      request.isDry = false
      #expect(try fixture.replay(request).published == 3)
      request.from = .time(records[7].time)
      request.to = nil
      let late = records.filter { $0.time >= records[7].time }.count
      #expect(try fixture.replay(request).published == UInt64(late))
      #expect(
        listener.events.map { $0["replaynumber"] }
          == (["3", "4", "5"] + ((10 - late)...9).map { "\($0)" }))
      request.from = .number(10)
      let refusal = #expect(throws: OperationError.self) { try fixture.replay(request) }
      #expect(refusal?.code == .notFound)
    }

    @Test(
      "at the pace at which they were recorded, times the speed",
      arguments: [(1.0, [0, 1, 3, 3, 63.5]), (2.0, [0, 0.5, 1.5, 1.5, 31.75])])
    func pace(times: Double, expected: [Double]) throws {
      let fixture = try HostFixture(start: false)
      let log = try log(fixture, at: [10, 11, 13, 13, 73.5])
      let clock = SteppingClock()
      let moments = Mutex<[UInt64]>([])
      let listener = try Listener(fixture.host, "t.x") { _ in
        moments.withLock { $0.append(clock.now) }
      }
      let told = Mutex<[ReplayProgress]>([])
      EventReplay(
        try plan(log, .times(times)), log: log, core: fixture.host.core, clock: clock.clock
      ) { progress in told.withLock { $0.append(progress) } }.run()
      #expect(moments.withLock { $0 } == expected.map { 1_000 + UInt64($0 * 1e9) })
      #expect(listener.events.count == 5)
      let progress = told.withLock { $0 }
      #expect(progress.count > 20, "it is seen to be alive while it waits")
      #expect(progress.last?.state == .done)
      #expect(progress.dropLast().allSatisfy { $0.state == .running })
    }

    @Test("no faster than queues are served: none of them loses anything")
    func backPressure() throws {
      let fixture = try HostFixture(start: false)
      let log = try log(fixture, at: (0..<200).map { Double($0) / 100 })
      let permits = Monitor(0)
      let clock = SteppingClock { permits.update { $0 += 3 } }
      let listener = try Listener(
        fixture.host, "t.x", delivery: .async(capacity: 4, overflow: .dropOldest)
      ) { _ in
        // It serves only while the replay waits for it.
        _ = permits.wait(until: .soon) { permits -> Bool? in
          guard permits > 0 else { return nil }
          permits -= 1
          return true
        }
      }
      let last = Mutex<ReplayProgress?>(nil)
      EventReplay(try plan(log, .most), log: log, core: fixture.host.core, clock: clock.clock) {
        progress in last.withLock { $0 = progress }
      }.run()
      permits.update { $0 += 200 }
      #expect(listener.wait(for: 200))
      #expect(listener.events.map(\.id) == (0..<200).map { "\($0)" })
      #expect(listener.subscription.dropped == 0)
      #expect(last.withLock { $0?.state } == .done)
    }

    @Test("until a queue has had no room for a minute")
    func noRoom() throws {
      let fixture = try HostFixture(start: false)
      let log = try log(fixture, at: [0, 0, 0, 0, 0, 0])
      let isOver = Monitor(false)
      let listener = try Listener(
        fixture.host, "t.x", delivery: .async(capacity: 2, overflow: .dropOldest)
      ) { _ in _ = isOver.wait(until: .soon) { $0 ? true : nil } }
      let told = Mutex<[ReplayProgress]>([])
      EventReplay(
        try plan(log, .most), log: log, core: fixture.host.core, clock: SteppingClock().clock
      ) { progress in told.withLock { $0.append(progress) } }.run()
      let last = told.withLock { $0.last }
      #expect(last?.state == .failed)
      #expect(last?.detail == "the queue of listener's 't.x#1' has had no room for 60 s")
      #expect(
        told.withLock { $0.dropLast().last?.detail }
          == "waits for room in the queue of listener's 't.x#1'")
      isOver.update { $0 = true }
      #expect(listener.subscription.dropped == 0)
    }

    @Test("and ends at once when it is cancelled, also in the middle of a wait")
    func cancel() throws {
      let fixture = try HostFixture(start: false)
      let log = try log(fixture, at: [0, 1, 3_600])
      let listener = try Listener(fixture.host, "t.x")
      let last = Monitor<ReplayProgress?>(nil)
      let replay = EventReplay(try plan(log, .times(1_000)), log: log, core: fixture.host.core) {
        progress in last.update { $0 = progress }
      }
      try Thread(name: "replay") { replay.run() }.detach()
      #expect(listener.wait(for: 2))
      replay.cancel(until: .soon)
      let progress = last.withLock { $0 }
      #expect(progress?.state == .cancelled && progress?.published == 2 && progress?.number == 2)
      #expect(listener.events.count == 2)
    }

    @Test("and says which are missing, damaged or gone")
    func missing() throws {
      let fixture = try HostFixture(start: false)
      let log = try log(fixture, at: [0, 1, 2])
      var items = [LogItem(.gap(count: 7, cause: "the disk was full"), time: 0)][...]
      try log.append(&items, durable: false)
      let folder = try Directory(fixture.directory.file("recorded"))
      let name = try folder.names()[0]
      let file = try folder.open(name, 2)
      var bytes = try file.read(file.status().size, at: 0)
      bytes[60] ^= 1
      try file.truncate(to: 0)
      try file.write(bytes)
      let damaged = try EventLog(path: fixture.directory.file("recorded"))
      let listener = try Listener(fixture.host, "t.x")
      let last = Mutex<ReplayProgress?>(nil)
      EventReplay(try plan(damaged, .most), log: damaged, core: fixture.host.core) { progress in
        last.withLock { $0 = progress }
      }.run()
      let progress = try #require(last.withLock { $0 })
      #expect(progress.published == 2 && progress.missing == 7 && progress.unreadable == 1)
      #expect(listener.events.map(\.id) == ["1", "2"])
    }
  }
}
