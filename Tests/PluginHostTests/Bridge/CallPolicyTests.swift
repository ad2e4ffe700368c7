import EventBus
import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("guards calls of services", .serialized)
  struct CallPolicies {
    /// Does what the request says, and leaves a trace of having been called.
    private static func provider(_ version: String = "1.0.0") -> ProbePlugin {
      ProbePlugin("store", version: version).declaring(
        """
        static int32_t serve(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          char text[100]; snprintf(text, sizeof text, "%.*s", (int)r->data.len, (const char *)r->data.ptr);
          trace(text);
          if (!strcmp(text, "fail")) return fail(s, "the disk is broken");
          if (!strcmp(text, "invalid")) return DVT_INVALID;
          if (!strcmp(text, "absent")) return DVT_NOT_FOUND;
          if (!strcmp(text, "slow")) usleep(30000);
          if (!strcmp(text, "hold")) while (access(TRACE ".go", F_OK)) usleep(1000);
          if (!strcmp(text, "trap")) __builtin_trap();
          if (!strcmp(text, "who")) return to->write(to->context, r->caller.ptr, r->caller.len);
          return reply(to, VERSION);
        }
        static int32_t spare(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          trace("spare");
          return r->data.len == 4 && !memcmp(r->data.ptr, "both", 4) ? fail(s, "no spare either") : reply(to, "spare");
        }
        """
      ).doing(
        "init",
        "provide(\"store.get\", serve); provide(\"store.put\", serve); provide(\"spare\", spare);")
    }

    /// Calls for who calls it: `ui.call` as a plain call of `store.get`, `ui.run` with options: `SERVICE FALLBACK BREAKER LIMIT DATA`,
    /// `-` for none. The reply is the code, who answered, and the text.
    private static func caller(_ id: String = "ui", permissions: String = #"["store.*", "spare"]"#)
      -> ProbePlugin
    {
      ProbePlugin(id).with(#""permissions": {"services": \#(permissions)}"#).declaring(
        """
        static int32_t answer(const dvt_sink *to, int32_t code, int32_t cause) {
          char text[1500]; snprintf(text, sizeof text, "%d %d %s", code, cause, code ? message : output);
          message[0] = 0;
          return reply(to, text);
        }
        static int32_t plain(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          char text[100]; snprintf(text, sizeof text, "%.*s", (int)r->data.len, (const char *)r->data.ptr);
          return answer(to, call("store.get", text, 5000), 0);
        }
        static dvt_str given(const char *word) { return S(strcmp(word, "-") ? word : ""); }
        static int32_t run(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          char text[300], service[60], fallback[60], breaker[100], data[60]; unsigned limit;
          snprintf(text, sizeof text, "%.*s", (int)r->data.len, (const char *)r->data.ptr);
          if (sscanf(text, "%59s %59s %99s %u %59s", service, fallback, breaker, &limit, data) != 5) return DVT_INVALID;
          dvt_execution e = {HEADER(dvt_execution), .service = S(service), .fallback = given(fallback),
                             .breaker = given(breaker), .time_limit_ms = limit};
          dvt_request q = {HEADER(dvt_request), .data = {(const uint8_t *)data, strlen(data)}};
          dvt_executed out = {HEADER(dvt_executed)};
          clear();
          int32_t code = FACE(DVT_RESILIENCE_INTERFACE, dvt_resilience)->execute(host, &e, &q, &sink, &out, &errors);
          return answer(to, code, out.cause);
        }
        static int32_t look(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          char text[100], name[60] = ""; snprintf(text, sizeof text, "%.*s", (int)r->data.len, (const char *)r->data.ptr);
          sscanf(text, "%59s", name);
          dvt_breaker b = {HEADER(dvt_breaker)};
          int32_t code = FACE(DVT_RESILIENCE_INTERFACE, dvt_resilience)->breaker(host, S("store.get"), S(name), &b, &errors);
          if (!code) snprintf(output, sizeof output, "state %u calls %lu failed %lu rejected %lu probes %d", b.state,
                              (unsigned long)b.calls, (unsigned long)b.failed, (unsigned long)b.rejected,
                              b.probes_in_ms == UINT64_MAX ? -1 : b.probes_in_ms > 0);
          return answer(to, code, 0);
        }
        """
      ).doing(
        "init",
        "provide(ID \".call\", plain); provide(ID \".run\", run); provide(ID \".look\", look);")
    }

    private func configuration(_ text: String) throws -> HostConfiguration {
      var loader = ConfigurationLoader()
      loader.add(file: Array("{\(text)}".utf8), path: "dovetail.json")
      return try loader.load()
    }

    private func fixture(_ text: String, _ plugins: [ProbePlugin] = [provider(), caller()]) throws
      -> HostFixture
    {
      let given = try configuration(text)
      let fixture = try HostFixture(plugins) { configuration in
        configuration.calls = given.calls
        configuration.services = given.services
      }
      fixture.clearTrace()
      return fixture
    }

    private func breaker(_ fixture: HostFixture, _ name: String = "store.get") throws
      -> BreakerReport
    {
      try #require(try fixture.host.breakers(.name(name)).first)
    }

    private static let three =
      #"services: {"store.get": {breaker: {consecutiveFailures: 3, failureRate: 0, openJitter: 0, "#
      + #"openMilliseconds: 600000, openMaximumMilliseconds: 600000, permittedCallsInHalfOpen: 1}}}"#

    @Test(
      "and opens a breaker after failures: who calls is told since when, why, and how to reset it")
    func opens() throws {
      let fixture = try fixture(Self.three)
      for _ in 0..<3 { #expect(try fixture.call("ui.call", "fail") == "1 0 the disk is broken") }
      let rejected = try fixture.call("ui.call", "ok")
      #expect(
        rejected.hasPrefix(
          "17 0 service 'store.get' of store (generation 1): its circuit breaker is open since 2"))
      #expect(rejected.contains(": 3 calls in a row failed; it probes again in "))
      #expect(rejected.hasSuffix("; 'dovetail breakers reset store.get' closes it now"))
      #expect(fixture.trace(of: "store") == ["fail", "fail", "fail"])
      let report = try breaker(fixture)
      #expect(report.state == "open")
      #expect(
        report.calls
          == .init(succeeded: 0, failed: 3, slow: 0, ignored: 0, rejected: 1, fallenBack: 0))
      #expect(report.reason == "3 calls in a row failed")
      #expect((report.probesInMilliseconds ?? 0) > 500_000)
      #expect(try fixture.call("ui.look") == "0 0 state 1 calls 3 failed 3 rejected 1 probes 1")
      #expect(fixture.host.core.openBreakers(of: "store").map { "\($0.name)" } == ["store.get"])
      #expect(fixture.host.core.openBreakers(of: "ui").isEmpty)
      // Another service of the same plugin has no breaker.
      #expect(throws: OperationError.self) { try fixture.call("store.put", "fail") }
      #expect(try fixture.call("store.put", "ok") == "1.0.0")
      let metrics = try fixture.host.metrics()
      func figure(_ name: String, _ label: String, _ value: String) -> Double? {
        metrics.first {
          $0.name == name && $0.labels["service"] == "store.get" && $0.labels[label] == value
        }?.value
      }
      #expect(figure("dovetail_breaker_state", "state", "open") == 1)
      #expect(figure("dovetail_breaker_state", "state", "closed") == 0)
      #expect(figure("dovetail_breaker_calls_total", "outcome", "failure") == 3)
      #expect(figure("dovetail_breaker_calls_total", "outcome", "rejected") == 1)
      #expect(figure("dovetail_breaker_transitions_total", "to", "open") == 1)
      #expect(fixture.wait { fixture.events.contains("breaker.opened store.get") })
      _ = try fixture.host.change(breakers: .name("store.get"), .reset)
      #expect(try fixture.call("ui.call", "ok") == "0 0 1.0.0")
      #expect(try breaker(fixture).calls.succeeded == 1)
      #expect(fixture.wait { fixture.events.contains("breaker.closed store.get") })
    }

    @Test("and tells of an open breaker in events that plugins and operators can read")
    func events() throws {
      let fixture = try fixture(Self.three)
      for _ in 0..<3 { _ = try fixture.call("ui.call", "fail") }
      let opened = try #require(
        try fixture.host.recentEvents(pattern: "breaker.opened", limit: 10).first)
      let data = try JSON(parsing: opened.payload.bytes)
      #expect(data["service"] == .string("store.get"))
      #expect(data["provider"] == .string("store"))
      #expect(data["reason"] == .string("3 calls in a row failed"))
      #expect(fixture.log.contains { $0.contains("the circuit breaker of 'store.get' is open") })
    }

    @Test("and does not take for failures that a request was wrong")
    func wrongRequests() throws {
      let fixture = try fixture(Self.three)
      for text in ["invalid", "absent", "invalid", "absent", "invalid"] {
        #expect(try fixture.call("ui.call", text).hasPrefix(text == "invalid" ? "2 " : "4 "))
      }
      let report = try breaker(fixture)
      #expect(report.state == "closed")
      #expect(report.calls.succeeded == 5)
    }

    @Test("but counts the codes that the configuration names")
    func codes() throws {
      let fixture = try fixture(
        #"services: {"store.*": {breaker: {consecutiveFailures: 2, failures: ["DVT_NOT_FOUND"]}}}"#)
      for text in ["fail", "fail", "fail", "absent"] { _ = try fixture.call("ui.call", text) }
      #expect(try breaker(fixture).state == "closed")
      _ = try fixture.call("ui.call", "absent")
      #expect(try breaker(fixture).state == "open")
    }

    @Test("and tries with one call whether an open breaker can close, after its time or a reload")
    func halfOpen() throws {
      let fixture = try fixture(
        #"services: {"store.get": {breaker: {consecutiveFailures: 1, openJitter: 0, openMilliseconds: 40, permittedCallsInHalfOpen: 1}}}"#
      )
      _ = try fixture.call("ui.call", "fail")
      #expect(try fixture.call("ui.call", "ok").hasPrefix("17 "))
      // The first call after the open time is a trial: it fails, and the breaker stays open twice as long.
      #expect(try fixture.wait { try fixture.call("ui.call", "fail").hasPrefix("1 ") })
      #expect(try breaker(fixture).transitions == .init(opened: 2, halfOpened: 1, closed: 0))
      #expect(try fixture.wait { try fixture.call("ui.call", "ok") == "0 0 1.0.0" })
      #expect(try breaker(fixture).transitions == .init(opened: 2, halfOpened: 2, closed: 1))
    }

    @Test(
      "and tries at once when a reload of the provider commits; one that an operator opened stays open"
    )
    func reload() throws {
      let fixture = try fixture(Self.three)
      for _ in 0..<3 { _ = try fixture.call("ui.call", "fail") }
      #expect(try breaker(fixture).state == "open")
      try fixture.replace(Self.provider("2.0.0"))
      let report = try breaker(fixture)
      #expect(report.state == "half-open")
      #expect(report.calls.failed == 3)
      #expect(try fixture.call("ui.call", "ok") == "0 0 2.0.0")
      #expect(try breaker(fixture).state == "closed")
      _ = try fixture.host.change(breakers: .name("store.get"), .open)
      try fixture.replace(Self.provider("3.0.0"))
      #expect(try breaker(fixture).state == "open")
      #expect(try fixture.call("ui.look") == "0 0 state 1 calls 0 failed 0 rejected 0 probes -1")
      #expect(
        try fixture.call("ui.call", "ok").contains(
          "an operator opened it; 'dovetail breakers reset"))
      _ = try fixture.host.change(breakers: .all, .close)
      #expect(try fixture.call("ui.call", "ok") == "0 0 3.0.0")
      // It outlives also that its provider is away.
      for _ in 0..<3 { _ = try fixture.call("ui.call", "fail") }
      _ = try fixture.host.unload("store", deadline: .soon)
      #expect(try breaker(fixture).state == "open")
      _ = try fixture.host.load("store", deadline: .soon)
      #expect(try breaker(fixture).state == "half-open")
    }

    @Test("with a breaker for each caller, and a caller with a policy of its own")
    func callers() throws {
      let fixture = try fixture(
        #"services: {"store.get": {breaker: {perCaller: true, consecutiveFailures: 2}, "#
          + #"callers: {"vip": {breaker: {consecutiveFailures: 4}}, "free": {breaker: {enabled: false}}}}}"#,
        [Self.provider(), Self.caller("ui"), Self.caller("vip"), Self.caller("free")])
      for caller in ["ui", "vip", "free"] {
        for _ in 0..<3 { _ = try fixture.call("\(caller).call", "fail") }
      }
      #expect(try fixture.call("ui.call", "ok").hasPrefix("17 "))
      #expect(try fixture.call("vip.call", "ok") == "0 0 1.0.0")
      #expect(try fixture.call("free.call", "ok") == "0 0 1.0.0")
      #expect(
        try fixture.host.breakers(.all).map { "\($0.name) \($0.state)" }
          == ["store.get@ui open", "store.get@vip closed"])
    }

    @Test("and lets so many calls in at once")
    func bulkhead() throws {
      let fixture = try fixture(#"services: {"store.get": {bulkhead: {concurrentCalls: 1}}}"#)
      let host = fixture.host
      let done = Atomic<Bool>(false)
      let holder = try Thread(name: "holder") {
        _ = try? host.call(
          service: "store.get", payload: Payload(Array("hold".utf8)),
          deadline: .after(milliseconds: 20_000))
        done.store(true, ordering: .relaxed)
      }
      #expect(fixture.wait { fixture.trace(of: "store") == ["hold"] })
      let full =
        "9 0 service 'store.get' of store (generation 1): its bulkhead is full: 1 of 1 calls run; try again when one has returned"
      #expect(try fixture.call("ui.call", "ok") == full)
      try TestFile.write(fixture.directory.file("trace.go"))
      holder.join()
      #expect(try fixture.call("ui.call", "ok") == "0 0 1.0.0")
      let metrics = try fixture.host.metrics()
      #expect(metrics.first { $0.name == "dovetail_bulkhead_rejected_total" }?.value == 1)
      #expect(metrics.first { $0.name == "dovetail_bulkhead_running" }?.value == 0)
    }

    @Test("or has them wait for a place")
    func bulkheadWait() throws {
      let fixture = try fixture(
        #"services: {"store.get": {bulkhead: {concurrentCalls: 1, waitingCalls: 1, waitMilliseconds: 20000}}}"#
      )
      let host = fixture.host
      let call: @Sendable () -> Void = {
        _ = try? host.call(
          service: "store.get", payload: Payload(Array("hold".utf8)),
          deadline: .after(milliseconds: 20_000))
      }
      let first = try Thread(name: "first", call)
      #expect(fixture.wait { fixture.trace(of: "store") == ["hold"] })
      let second = try Thread(name: "second", call)
      let figures = { fixture.host.core.services.guards.limits.first?.bulkhead?.figures }
      #expect(fixture.wait { figures()?.waiting == 1 })
      #expect(try fixture.call("ui.call", "ok").contains("1 of 1 calls run and 1 wait"))
      try TestFile.write(fixture.directory.file("trace.go"))
      first.join()
      second.join()
      #expect(fixture.trace(of: "store") == ["hold", "hold"])
      #expect(figures()?.running == 0)
    }

    @Test("and so many in a period, each caller its own")
    func rateLimit() throws {
      let fixture = try fixture(
        #"services: {"store.get": {rateLimit: {calls: 2, periodMilliseconds: 3600000, perCaller: true}}}"#,
        [Self.provider(), Self.caller("ui"), Self.caller("vip")])
      for _ in 0..<2 { #expect(try fixture.call("ui.call", "ok") == "0 0 1.0.0") }
      let refused = try fixture.call("ui.call", "ok")
      #expect(
        refused.hasPrefix(
          "9 0 service 'store.get' of store (generation 1): its rate limit of 2 calls in 3600.0 s is used up; try again in 1"
        ))
      #expect(try fixture.call("vip.call", "ok") == "0 0 1.0.0")
      let rejected = try fixture.host.metrics().filter {
        $0.name == "dovetail_ratelimit_rejected_total"
      }
      #expect(
        rejected.map { "\($0.labels["caller"] ?? "") \($0.value)" }.sorted() == [
          "ui 1.0", "vip 0.0",
        ])
    }

    @Test("and gives up on those that take too long, which counts as a failure")
    func timeLimit() throws {
      let fixture = try fixture(
        #"services: {"store.get": {timeLimitMilliseconds: 5, breaker: {consecutiveFailures: 2}}}"#)
      for _ in 0..<2 { #expect(try fixture.call("ui.call", "slow").hasPrefix("10 0 ")) }
      #expect(try breaker(fixture).state == "open")
    }

    @Test("and opens when too many are slow")
    func slow() throws {
      let fixture = try fixture(
        #"services: {"store.get": {breaker: {slowCallMilliseconds: 10, slowCallRate: 50, minimumCalls: 4, failureRate: 0}}}"#
      )
      for text in ["ok", "slow", "ok"] { #expect(try fixture.call("ui.call", text) == "0 0 1.0.0") }
      #expect(try breaker(fixture).state == "closed")
      _ = try fixture.call("ui.call", "slow")
      let report = try breaker(fixture)
      #expect(
        report.reason == "2 of the last 4 calls took 10 ms or longer (50 %; it opens at 50 %)")
      #expect(report.calls.slow == 2)
    }

    @Test(
      "and has the operator's fallback answer what fails or is rejected, but not what was wrong")
    func fallback() throws {
      let fixture = try fixture(
        #"services: {"store.get": {fallback: "spare", breaker: {consecutiveFailures: 2}}}"#,
        [Self.provider(), Self.caller(permissions: #"["store.get"]"#)])
      #expect(try fixture.call("ui.call", "ok") == "0 0 1.0.0")
      #expect(try fixture.call("ui.call", "invalid").hasPrefix("2 "))
      for _ in 0..<3 { #expect(try fixture.call("ui.call", "fail") == "0 0 spare") }
      #expect(
        fixture.trace(of: "store") == ["ok", "invalid", "fail", "spare", "fail", "spare", "spare"])
      #expect(try breaker(fixture).calls.fallenBack == 3)
      #expect(try fixture.call("ui.run", "store.get - - 0 ok") == "0 17 spare")
      let both = try fixture.call("ui.call", "both")
      #expect(both.hasPrefix("17 0 service 'store.get'"))
      #expect(both.hasSuffix("; its fallback 'spare' failed too: no spare either"))
      _ = try fixture.host.unload("store", deadline: .soon)
      #expect(try fixture.call("ui.call", "ok").contains("'spare'"))
    }

    @Test("and answers for a provider that crashes")
    func crash() throws {
      let fixture = try fixture(
        #"services: {"store.get": {fallback: "ui.spare", breaker: {consecutiveFailures: 1}}}"#,
        [
          Self.provider(),
          Self.caller().declaring(
            "static int32_t help(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) { return reply(to, \"here\"); }"
          ).doing("init", "provide(\"ui.spare\", help);"),
        ])
      #expect(try fixture.call("ui.call", "trap") == "0 0 here")
      #expect(try breaker(fixture).state == "open")
      #expect(fixture.wait { fixture.state("store") == "quarantined" })
      // Nobody offers the service now: that too the fallback answers.
      #expect(try fixture.call("ui.call", "ok") == "0 0 here")
    }

    @Test("and lets callers choose a fallback, a time limit, and breakers of their own")
    func execute() throws {
      let fixture = try fixture(
        "", [Self.provider(), Self.caller(), Self.caller("mean", permissions: #"["store.get"]"#)])
      #expect(try fixture.call("ui.run", "store.get - - 0 ok") == "0 0 1.0.0")
      #expect(try fixture.call("ui.run", "store.get spare - 0 fail") == "0 1 spare")
      #expect(try fixture.call("ui.run", "no.such spare - 0 ok") == "0 4 spare")
      #expect(try fixture.call("ui.run", "store.get - - 5 slow").hasPrefix("10 0 "))
      #expect(
        try fixture.call("mean.run", "store.get spare - 0 fail").contains(
          "its fallback 'spare' failed too"))
      #expect(try fixture.call("ui.run", "store.get spare - 0 invalid").hasPrefix("2 0 "))
      // Ten failures: the default policy, for the calls of that name alone.
      for _ in 0..<10 {
        #expect(try fixture.call("ui.run", "store.get - bulk 0 fail").hasPrefix("1 0 "))
      }
      #expect(
        try fixture.call("ui.run", "store.get - bulk 0 ok").contains(
          "'dovetail breakers reset store.get@ui/bulk'"))
      #expect(try fixture.call("ui.run", "store.get - other 0 ok") == "0 0 1.0.0")
      #expect(try fixture.call("ui.call", "ok") == "0 0 1.0.0")
      #expect(
        try fixture.call("ui.look", "bulk") == "0 0 state 1 calls 10 failed 10 rejected 1 probes 1")
      #expect(
        try fixture.call("ui.look", "none").hasPrefix(
          "4 0 service 'store.get' has no circuit breaker 'none' of ui"))
      #expect(
        try fixture.call("ui.look").hasPrefix("4 0 service 'store.get' has no circuit breaker; "))
      #expect(
        try fixture.call("ui.run", "store.get - a/b 0 ok")
          == "2 0 a breaker's name has 1 to 64 letters, digits, '.', '-' or '_', not 'a/b'")
      #expect(
        try fixture.call("ui.run", "store.get - - 600001 ok")
          == "2 0 time_limit_ms is 600001, expected 0…600000")
      for number in 0..<62 { _ = try fixture.call("ui.run", "store.get - b\(number) 0 ok") }
      #expect(
        try fixture.call("ui.run", "store.get - one-more 0 ok").hasPrefix(
          "9 0 no room for another breaker: ui has named 64"))
    }

    @Test("as the configuration says now")
    func live() throws {
      let fixture = try fixture(Self.three)
      for _ in 0..<3 { _ = try fixture.call("ui.call", "fail") }
      let other = try configuration(
        #"services: {"store.>": {breaker: {failureRate: 10}, timeLimitMilliseconds: 600000}}"#)
      try fixture.reconfigure { $0.services = other.services }
      let report = try breaker(fixture)
      #expect(report.state == "open")
      #expect(report.policy.failureRate == 10)
      try fixture.reconfigure { $0.services = [:] }
      #expect(try fixture.call("ui.call", "ok") == "0 0 1.0.0")
      #expect(try fixture.host.breakers(.all) == [])
      #expect(!fixture.host.core.services.guards.hasPolicies)
      try fixture.reconfigure {
        $0.calls.rateLimit.isEnabled = true; $0.calls.rateLimit.calls = 1
      }
      _ = try fixture.call("store.put", "ok")
      #expect(throws: OperationError.self) { try fixture.call("store.put", "ok") }
    }

    @Test("also those on topics, responder by responder")
    func requests() throws {
      let asker = ProbePlugin("asker").with(#""permissions": {"services": [">"]}"#).declaring(
        """
        static int32_t got(void *c, const dvt_reply *r) {
          char text[200]; snprintf(text, sizeof text, "%.*s %d", (int)r->responder.len, (const char *)r->responder.ptr, r->code);
          trace(text); return DVT_OK;
        }
        static int32_t ask(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          dvt_request q = {HEADER(dvt_request)};
          FACE(DVT_REQUESTS_INTERFACE, dvt_requests)->request(host, S("stock.get"), &q, DVT_REPLIES_ALL, got, 0, &errors);
          return DVT_OK;
        }
        """
      ).doing("init", "provide(\"ask\", ask);")
      func responder(_ id: String, _ body: String) -> ProbePlugin {
        ProbePlugin(id).declaring(
          "static int32_t serve(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) { trace(\"called\"); \(body) }"
        ).doing(
          "init",
          "dvt_responder o = {HEADER(dvt_responder), .pattern = S(\"stock.*\")}; dvt_handle h; "
            + "FACE(DVT_REQUESTS_INTERFACE, dvt_requests)->respond(host, &o, serve, 0, &h, &errors);"
        )
      }
      let fixture = try fixture(
        #"services: {"stock.get": {breaker: {consecutiveFailures: 1}}}"#,
        [
          asker, responder("good", "return reply(to, \"7\");"),
          responder("bad", "return fail(s, \"no\");"),
        ])
      for _ in 0..<2 { _ = try fixture.call("ask") }
      #expect(fixture.trace(of: "asker").sorted() == ["bad 1", "bad 17", "good 0", "good 0"])
      #expect(fixture.trace(of: "bad") == ["called"])
      #expect(
        try fixture.host.breakers(.all).map { "\($0.name) \($0.provider) \($0.state)" }
          == ["stock.get bad open", "stock.get good closed"])
    }

    @Test(
      "and names what is wrong with a policy",
      arguments: [
        (#"services: {"a..b": {}}"#, "\"a..b\" is no name or pattern of services"),
        (
          #"services: {"a": 1}"#,
          "\"a\" is an object with breaker, bulkhead, rateLimit, timeLimitMilliseconds, fallback, callers, not"
        ),
        (
          #"services: {"a": {braker: {}}}"#,
          "\"a\" has no member \"braker\" (did you mean \"breaker\"?)"
        ),
        (#"services: {"a": {breaker: true}}"#, "\"a\".breaker is an object, not"),
        (
          #"services: {"a": {breaker: {failureRat: 1}}}"#,
          "\"a\".breaker.failureRat is no setting of calls (did you mean \"failureRate\"?)"
        ),
        (
          #"services: {"a": {breaker: {failureRate: 101}}}"#,
          "\"a\".breaker.failureRate must be a whole number in 0…100"
        ),
        (
          #"services: {"a": {breaker: {failures: ["DVT_FALED"]}}}"#,
          "it contains \"DVT_FALED\" (did you mean \"DVT_FAILED\"?)"
        ),
        (#"services: {"a": {fallback: "b.*"}}"#, "\"a\".fallback: "),
        (
          #"services: {"a": {callers: []}}"#,
          "\"a\": \"callers\" is an object with a plugin id each"
        ),
        (
          #"services: {"a": {callers: {"ui": {bulkhead: {concurrentCalls: 0}}}}}"#,
          "\"a\", caller \"ui\".bulkhead.concurrentCalls must be a whole number in 1…100000"
        ),
        (#"services: {"a": {callers: {"ui": {callers: {}}}}}"#, "has no member \"callers\""),
        (
          #"calls: {timeLimitMilliseconds: -1}"#,
          "calls.timeLimitMilliseconds must be a whole number in 0…600000"
        ),
      ])
    func wrong(text: String, words: String) throws {
      let error = #expect(throws: ConfigurationError.self) { try configuration(text) }
      let reasons = error?.problems.map { "\($0.key) \($0.reason)" }.joined() ?? ""
      #expect(reasons.contains(words), "\(reasons)")
    }

    @Test("by the entry that says most of a name")
    func patterns() throws {
      let given = try configuration(
        #"calls: {breaker: {openMilliseconds: 7}}, services: {"a.>": {timeLimitMilliseconds: 1}, "a.b.*": {timeLimitMilliseconds: 2}, "#
          + #""a.b.c": {timeLimitMilliseconds: 3, breaker: {}}, "a.*.d": {timeLimitMilliseconds: 4}}"#
      )
      func limit(_ name: String) -> UInt64? {
        given.policy(for: name)?.common.timeLimit.map { $0 / 1_000_000 }
      }
      #expect(limit("a.x") == 1)
      #expect(limit("a.b.x") == 2)
      #expect(limit("a.b.c") == 3)
      #expect(limit("a.b.d") == 4)
      #expect(given.policy(for: "b") == nil)
      #expect(given.policy(for: "a.b.c")?.common.breaker?.openTime.initial == 7_000_000)
      #expect(given.policy(for: "a.x")?.common.breaker == nil)
    }
  }
}
