import EventBus
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("tells who gets which events", .serialized)
  struct Observing {
    /// Subscribes in four ways; the async handler waits for a file, fails twice an event, and is tried twice.
    private func listener(_ id: String = "listener", version: String = "1.0.0") -> ProbePlugin {
      ProbePlugin(id, version: version).declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { return DVT_OK; }
        static int32_t slow(void *c, const dvt_event *e, const dvt_error_sink *s) {
          while (access(TRACE ".go", F_OK) != 0) usleep(200);
          return fail(s, "no");
        }
        static const dvt_filter filters[] = {
          {.field = {(const uint8_t *)"subject", 7}, .value = {(const uint8_t *)"a", 1}, .test = DVT_FILTER_PREFIX}};
        static int32_t add(dvt_subscription o, dvt_handler handler) {
          dvt_handle h;
          return FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, handler, 0, &h, &errors);
        }
        """
      )
      .doing(
        "init",
        """
        add((dvt_subscription){HEADER(dvt_subscription), .pattern = S("t.one"), .name = S("exact"), .priority = 5}, on);
        add((dvt_subscription){HEADER(dvt_subscription), .pattern = S("t.*"), .name = S("some"),
          .filters = filters, .filter_count = 1}, on);
        add((dvt_subscription){HEADER(dvt_subscription), .pattern = S("u.>"), .name = S("late"),
          .delivery = DVT_DELIVERY_ASYNC, .capacity = 4, .overflow = DVT_OVERFLOW_DROP_NEWEST,
          .retry_attempts = 2, .retry_initial_ms = 1, .timeout_ms = 60000}, slow);
        """)
    }

    private func subscription(_ name: String, _ fixture: HostFixture) throws -> SubscriptionReport {
      let all = try fixture.host.subscriptions(plugin: "listener", topic: nil)
      return try #require(all.first { $0.name == name })
    }

    @Test("every subscription, as it was asked for and as it stands")
    func subscriptions() throws {
      let fixture = try HostFixture([listener()])
      for _ in 1...3 { try fixture.publish("t.one") }
      let exact = try subscription("exact", fixture)
      #expect(exact.match == "exact" && exact.delivery == "sync" && exact.priority == 5)
      #expect(exact.state == "active" && exact.delivered == 3 && exact.filtered == 0)
      let some = try subscription("some", fixture)
      #expect(some.match == "glob" && some.filters == ["subject prefix \"a\""])
      #expect(some.delivered == 0 && some.filtered == 3)
      let late = try subscription("late", fixture)
      #expect(late.delivery == "async" && late.capacity == 4 && late.overflow == "drop-newest")
      #expect(late.retry.attempts == 2 && late.retry.initialMilliseconds == 1)
      #expect(late.timeoutMilliseconds == 60_000)
      let byTopic = try fixture.host.subscriptions(plugin: nil, topic: "t.two")
      #expect(byTopic.map(\.name) == ["some"])
    }

    @Test("what waits, what was the most, what was lost, failed, tried again and given up")
    func figures() throws {
      let fixture = try HostFixture([listener()])
      try fixture.publish("u.x")
      #expect(fixture.wait { (try? subscription("late", fixture).queued) == 0 })
      for _ in 1...6 { try fixture.publish("u.x") }
      let waiting = try subscription("late", fixture)
      #expect(waiting.queued == 4 && waiting.highWater == 4 && waiting.dropped == 2)
      #expect(fixture.wait { ((try? subscription("late", fixture))?.oldestMilliseconds ?? 0) > 10 })
      try TestFile.write(fixture.directory.file("trace.go"))
      #expect(fixture.wait { (try? subscription("late", fixture).dead) == 5 })
      let done = try subscription("late", fixture)
      #expect(done.queued == 0 && done.oldestMilliseconds == 0)
      #expect(done.failed == 10 && done.retried == 5 && done.delivered == 10)
    }

    @Test("counting on through a reload")
    func reload() throws {
      let fixture = try HostFixture([listener()])
      try TestFile.write(fixture.directory.file("trace.go"))
      for _ in 1...2 { try fixture.publish("u.x") }
      #expect(fixture.wait { (try? subscription("late", fixture).dead) == 2 })
      try fixture.replace(listener(version: "2.0.0"))
      try fixture.publish("u.x")
      #expect(fixture.wait { (try? subscription("late", fixture).dead) == 3 })
      let late = try subscription("late", fixture)
      #expect(late.generation == 2 && late.delivered == 6 && late.failed == 6)
    }

    @Test("who gets an event of a topic, in which order and why, and who nearly does")
    func explain() throws {
      let other = ProbePlugin("other").declaring(
        "static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { return DVT_OK; }"
      )
      .doing(
        "init",
        """
        subscribe("t.one", "loud", on, DVT_DELIVERY_ASYNC);
        subscribe("t.two", "two", on, DVT_DELIVERY_SYNC);
        subscribe("T.one", "case", on, DVT_DELIVERY_SYNC);
        subscribe("t", "short", on, DVT_DELIVERY_SYNC);
        subscribe("t.one.*", "long", on, DVT_DELIVERY_SYNC);
        subscribe("x.y", "far", on, DVT_DELIVERY_SYNC);
        """)
      let fixture = try HostFixture([listener(), other])
      let before = try fixture.host.explain(topic: "t.one")
      #expect(before.sequence == nil && before.isNumbered)
      #expect(before.receivers.map(\.subscription.name) == ["exact", "some", "loud"])
      #expect(
        before.receivers.map(\.why) == [
          "it names the topic, with priority 5",
          "its glob t.* matches; only if subject prefix \"a\"",
          "it names the topic; through its queue, in which 0 of 1024 wait",
        ])
      #expect(
        before.others.map { "\($0.subscription.name) \($0.why)" } == [
          "two has 'two' where the topic has 'one'", "case differs in upper and lower case",
          "short ends after 1 of the topic's 2 segments; a last '>' matches all that follow",
          "long wants more segments than the topic's 2",
        ])
      try fixture.publish("t.one")
      #expect(try fixture.host.explain(topic: "t.one").sequence == 1)
    }

    @Test("that a suspended handler gets nothing, and how it comes back")
    func suspended() throws {
      let stuck = ProbePlugin("stuck").declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
          while (access(TRACE ".go", F_OK) != 0) usleep(200);
          return DVT_OK;
        }
        """
      )
      .doing(
        "init",
        """
        dvt_subscription o = {HEADER(dvt_subscription), .pattern = S("t"), .name = S("s"), .timeout_ms = 20};
        dvt_handle h;
        FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, on, 0, &h, &errors);
        """)
      let fixture = try HostFixture([stuck])
      try Thread(name: "publisher") { [host = fixture.host] in
        _ = try? host.publish(type: "t", payload: Payload(), subject: nil)
      }.detach()
      #expect(fixture.wait { (try? fixture.host.explain(topic: "t").receivers.isEmpty) == true })
      #expect(
        try fixture.host.explain(topic: "t").others.map(\.why) == [
          "it is suspended: a call of its handler runs past its time limit of 20 ms, or has just done so; "
            + "its events become dead letters until a call is in time"
        ])
      try TestFile.write(fixture.directory.file("trace.go"))
      #expect(
        fixture.wait {
          try? fixture.publish("t")
          return (try? fixture.host.explain(topic: "t").receivers.count) == 1
        })
    }

    @Test("what was published, delivered and lost on a topic, by plugins and operators")
    func topics() throws {
      let talker = ProbePlugin("talker").with("\"permissions\": {\"publish\": [\"t.*\"]}").doing(
        "post_init", "for (int i = 0; i < 10; i++) publish(\"t.one\", \"x\");")
      let fixture = try HostFixture([listener(), talker])
      for _ in 1...2 { try fixture.publish("t.one") }
      try fixture.publish("u.x")
      #expect(fixture.wait { (try? subscription("late", fixture).queued) == 0 })
      for _ in 1...6 { try fixture.publish("u.x") }
      let stats = try fixture.host.eventStats(plugin: nil, topic: "t.*")
      #expect(stats.topics.map(\.name) == ["t.one"])
      #expect(stats.topics.first?.published == 12 && stats.topics.first?.delivered == 24)
      #expect(stats.topics.first?.handlers == 2 && stats.topics.first?.queued == 0)
      #expect(Set(stats.subscriptions.map(\.name)) == ["exact", "some"])
      let late = try #require(
        try fixture.host.eventStats(plugin: "listener", topic: "u.x").topics.first)
      #expect(late.published == 7 && late.delivered == 7 && late.sequence == 7)
      #expect(late.dropped == 2 && late.queued == 4)
      _ = try fixture.host.unload("talker", deadline: .soon)
      let after = try fixture.host.eventStats(plugin: nil, topic: "t.one").topics.first
      #expect(after?.published == 12)
      let metrics = try fixture.host.metrics()
      let published = metrics.first {
        $0.name == "dovetail_topic_published_total" && $0.labels["topic"] == "t.one"
      }
      #expect(published?.value == 12)
      try TestFile.write(fixture.directory.file("trace.go"))
    }

    @Test("the busiest thousand topics, where there are more")
    func manyTopics() throws {
      let fixture = try HostFixture()
      for number in 1...1_010 { _ = try fixture.host.core.bus.topic("t.\(number)") }
      try fixture.publish("z")
      let stats = try fixture.host.eventStats(plugin: nil, topic: nil)
      #expect(stats.topics.count == 1_000 && stats.topicsInAll > 1_010)
      #expect(stats.topics.last?.name == "z")
      #expect(try fixture.host.eventStats(plugin: nil, topic: "t.1010").topics.count == 1)
      let figures = try fixture.host.metrics().filter { $0.name == "dovetail_topic_dead_total" }
      #expect(figures.count == 1_000)
    }

    @Test("how long handlers take, from samples")
    func times() throws {
      let sleepy = ProbePlugin("sleepy").declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { usleep(3000); return DVT_OK; }
        """
      )
      .doing("init", "return subscribe(\"t\", \"s\", on, DVT_DELIVERY_SYNC);")
      let fixture = try HostFixture([sleepy])
      let sampled = fixture.wait {
        try? fixture.publish("t")
        return
          ((try? fixture.host.subscriptions(plugin: "sleepy", topic: nil))?.first?.handler?.sampled
          ?? 0) >= 3
      }
      #expect(sampled)
      let one = try #require(try fixture.host.subscriptions(plugin: "sleepy", topic: nil).first)
      let times = try #require(one.handler)
      #expect(times.medianNanoseconds >= 3_000_000 && times.mostNanoseconds >= times.p99Nanoseconds)
      #expect(times.sampled < one.delivered)
      #expect(times.histogram.reduce(0) { $0 + $1.calls } == times.sampled)
      let names = try fixture.host.metrics().map(\.name)
      #expect(names.contains("dovetail_subscription_handler_p99_seconds"))
    }

    @Test("that a queue lags, before it loses anything")
    func lag() throws {
      let fixture = try HostFixture([listener()])
      let lags = Monitor<[EventReport]>([])
      let tap = try fixture.host.tap(pattern: "bus.lag") { lag in lags.update { $0.append(lag) } }
      defer { tap.cancel() }
      try fixture.publish("u.x")
      #expect(fixture.wait { (try? subscription("late", fixture).queued) == 0 })
      for _ in 1...3 { try fixture.publish("u.x") }
      #expect(fixture.wait { lags.withLock { $0.count } == 1 })
      let lag = try #require(lags.withLock { $0.first })
      #expect(lag.subject == "listener")
      #expect(
        String(decoding: lag.payload.bytes, as: UTF8.self)
          == #"{"capacity":4,"queued":3,"subscription":"late","topic":"u.x"}"#)
      #expect(try subscription("late", fixture).dropped == 0)
      try TestFile.write(fixture.directory.file("trace.go"))
    }

    @Test("refusing what is no plugin and no topic")
    func refusals() throws {
      let fixture = try HostFixture([listener()])
      #expect(throws: OperationError.self) {
        try fixture.host.subscriptions(plugin: "listner", topic: nil)
      }
      #expect(throws: OperationError.self) {
        try fixture.host.subscriptions(plugin: nil, topic: "t.*")
      }
    }
  }
}
