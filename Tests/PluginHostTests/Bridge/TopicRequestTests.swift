import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("takes requests on topics to their responders", .serialized)
  struct TopicRequests {
    /// A plugin that answers on `ask.*`; `body` may use `r` (the request), `to` (the sink) and `s` (the error sink).
    private static func responder(
      _ id: String, version: String = "1.0.0", priority: Int = 0, _ body: String
    ) -> ProbePlugin {
      ProbePlugin(id, version: version)
        .declaring(
          """
          static void wait_for(const char *stem) {
            char path[900]; snprintf(path, sizeof path, "%s.%s", TRACE, stem);
            while (access(path, F_OK)) usleep(1000);
          }
          static int32_t serve(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
            trace("asked"); \(body);
          }
          """
        )
        .doing(
          "init",
          """
          dvt_responder o = {HEADER(dvt_responder), .pattern = S("ask.*"), .name = S("r"), .priority = \(priority)}; dvt_handle h;
          return FACE(DVT_REQUESTS_INTERFACE, dvt_requests)->respond(host, &o, serve, 0, &h, &errors);
          """)
    }

    /// A plugin whose service `ask` makes a request on `ask.x`: the first letter says which replies, the rest the deadline.
    private static func asker(
      _ permissions: String = #""permissions": {"services": ["ask.*"]}"#
    ) -> ProbePlugin {
      ProbePlugin("asker").with(permissions)
        .declaring(
          """
          #include <stdlib.h>
          static char heard[4000];
          static int32_t hear(void *c, const dvt_reply *r) {
            size_t n = strlen(heard);
            snprintf(heard + n, sizeof heard - n, " %.*s:%d:%.*s", (int)r->responder.len, (const char *)r->responder.ptr,
                     (int)r->code, (int)r->data.len, (const char *)r->data.ptr);
            return DVT_OK;
          }
          static int32_t hear_and_tell(void *c, const dvt_reply *r) { int32_t code = hear(c, r); trace(heard); return code; }
          static void ended(void *c, int32_t code) { told("ended", code); }
          static int32_t ask(void *c, const dvt_request *given, const dvt_sink *to, const dvt_error_sink *s) {
            char text[32] = ""; memcpy(text, given->data.ptr, given->data.len < 31 ? given->data.len : 31);
            dvt_request r = {HEADER(dvt_request), .data = {(const uint8_t *)"q", 1}, .deadline_ms = (uint64_t)atoi(text + 1)};
            const dvt_requests *f = FACE(DVT_REQUESTS_INTERFACE, dvt_requests);
            static dvt_handle h;
            heard[0] = message[0] = 0;
            int32_t code;
            if (text[0] == 'b') code = f->begin(host, S("ask.x"), &r, DVT_REPLIES_ALL, hear_and_tell, ended, 0, &h, &errors);
            else if (text[0] == 'x') code = f->cancel(host, h, &errors);
            else code = f->request(host, S("ask.x"), &r, text[0] == 'f' ? DVT_REPLIES_FIRST : text[0] == 'a' ? DVT_REPLIES_ALL
                                   : DVT_REPLIES_COMBINED, hear, 0, &errors);
            // What a request that was begun hears is traced.
            char line[5000]; snprintf(line, sizeof line, "%d%s", (int)code, text[0] == 'b' || text[0] == 'x' ? "" : heard);
            return reply(to, line);
          }
          """
        )
        .doing("init", "return provide(\"ask\", ask);")
    }

    private static func says(_ text: String) -> String { "return reply(to, \"\(text)\")" }

    private func late(_ fixture: HostFixture, _ plugin: String) throws -> Double {
      try fixture.host.metrics().first {
        $0.name == "dovetail_lost_total" && $0.labels == ["kind": "reply-late", "plugin": plugin]
      }?.value ?? 0
    }

    @Test("the first success counts; who answers later is counted as late, and told when it writes")
    func first() throws {
      let slow = Self.responder(
        "slow", priority: 5, "wait_for(\"go\"); told(\"wrote\", reply(to, \"late\")); return DVT_OK"
      )
      let failing = Self.responder("failing", priority: 4, "return fail(s, \"no\")")
      let fixture = try HostFixture([
        slow, failing, Self.responder("quick", Self.says("here")), Self.asker(),
      ])
      #expect(try fixture.call("ask", "f10000") == "0 quick:0:here")
      #expect(fixture.wait { fixture.trace(of: "slow").contains("asked") })
      try TestFile.write(fixture.directory.file("trace.go"))
      #expect(fixture.wait { fixture.trace(of: "slow").contains("wrote 6 ") })
      #expect(try fixture.wait { try late(fixture, "slow") == 1 })
    }

    @Test("all replies come with their successes and failures; a crash is one of them")
    func all() throws {
      let fixture = try HostFixture([
        Self.responder("one", Self.says("1")),
        Self.responder("two", "fail(s, \"no\"); return DVT_CONFLICT"),
        Self.responder("three", "__builtin_trap(); return 0"), Self.asker(),
      ])
      let heard = try fixture.call("ask", "a10000").split(separator: " ")
      #expect(heard.first == "0")
      #expect(heard.dropFirst().sorted() == ["one:0:1", "three:15:", "two:8:"])
      #expect(fixture.wait { fixture.state("three") == "quarantined" })
    }

    @Test("at the deadline what came stands, and who is missing is counted")
    func deadline() throws {
      let fixture = try HostFixture([
        Self.responder("one", Self.says("1")),
        Self.responder("slow", "wait_for(\"go\"); return DVT_OK"), Self.asker(),
      ])
      #expect(try fixture.call("ask", "a200") == "10 one:0:1")
      #expect(try late(fixture, "slow") == 1)
      try TestFile.write(fixture.directory.file("trace.go"))
    }

    @Test("the first in order answers for all, unless a plugin combines the replies")
    func combined() throws {
      let fixture = try HostFixture([
        Self.responder("one", Self.says("1")), Self.responder("two", priority: 9, Self.says("2")),
        Self.responder("three", priority: 10, "return fail(s, \"no\")"), Self.asker(),
      ])
      #expect(try fixture.call("ask", "c10000") == "0 two:0:2")
      let combiner = ProbePlugin("combiner")
        .declaring(
          """
          static int32_t combine(void *c, const dvt_request *q, const dvt_reply *r, uint64_t n, const dvt_sink *to,
                                 const dvt_error_sink *s) {
            for (uint64_t i = 0; i < n; i++) {
              if (r[i].code == DVT_OK) to->write(to->context, r[i].data.ptr, r[i].data.len); else reply(to, "-");
            }
            return DVT_OK;
          }
          """
        )
        .doing(
          "init",
          """
          dvt_responder o = {HEADER(dvt_responder), .pattern = S("ask.>")}; dvt_handle h;
          return FACE(DVT_REQUESTS_INTERFACE, dvt_requests)->combine(host, &o, combine, 0, &h, &errors);
          """)
      let path = try fixture.put(combiner)
      _ = try fixture.host.load(path, deadline: .soon)
      #expect(try fixture.call("ask", "c10000") == "0 combiner:0:-21")
      _ = try fixture.host.unload("combiner", deadline: .soon)
      #expect(try fixture.call("ask", "c10000") == "0 two:0:2")
    }

    @Test("a request that was begun tells of its replies and its end, and can be cancelled")
    func begun() throws {
      let fixture = try HostFixture([
        Self.responder("one", Self.says("1")),
        Self.responder("slow", "wait_for(\"go\"); return DVT_OK"), Self.asker(),
      ])
      #expect(try fixture.call("ask", "b60000") == "0")
      #expect(fixture.wait { fixture.trace(of: "asker").contains(" one:0:1") })
      #expect(try fixture.call("ask", "x") == "0")
      #expect(fixture.wait { fixture.trace(of: "asker").contains { $0.hasPrefix("ended 6") } })
      #expect(try fixture.call("ask", "x") == "6")
      try TestFile.write(fixture.directory.file("trace.go"))
      #expect(try fixture.wait { try late(fixture, "slow") == 1 })
      #expect(try fixture.call("ask", "b60000") == "0")
      #expect(fixture.wait { fixture.trace(of: "asker").contains("ended 0") })
    }

    @Test("unloading who asks cancels what it began")
    func unloaded() throws {
      let fixture = try HostFixture([
        Self.responder("slow", "wait_for(\"go\"); return DVT_OK"), Self.asker(),
      ])
      #expect(try fixture.call("ask", "b60000") == "0")
      #expect(fixture.wait { fixture.trace(of: "slow").contains("asked") })
      let report = try fixture.host.unload("asker", deadline: .soon)
      #expect(report.milliseconds < 1_900)
      #expect(fixture.trace(of: "asker").contains("cleanup"))
      try TestFile.write(fixture.directory.file("trace.go"))
    }

    @Test("nobody to ask, and nobody who may be asked, are errors of their own")
    func refused() throws {
      let fixture = try HostFixture([Self.asker(#""author": "x""#)])
      #expect(try fixture.call("ask", "f1000") == "4")
      let path = try fixture.put(Self.responder("one", Self.says("1")))
      _ = try fixture.host.load(path, deadline: .soon)
      #expect(try fixture.call("ask", "f1000") == "7")
    }

    @Test(
      "promise 6: a reload hands responders over by name, without a request that nobody answers")
    func reloaded() throws {
      let fixture = try HostFixture([Self.responder("one", Self.says("old")), Self.asker()])
      let stop = Monitor(false)
      let ended = Monitor<[String]?>(nil)
      try Thread(name: "asking") { [host = fixture.host] in
        var heard: Set<String> = []
        repeat {
          let reply = try? host.call(
            service: "ask", payload: Payload(Array("f10000".utf8), contentType: "text/plain"),
            deadline: .soon)
          heard.insert(reply.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "failed")
        } while stop.withLock { !$0 }
        ended.update { $0 = heard.sorted() }
      }.detach()
      try fixture.replace(Self.responder("one", version: "2.0.0", Self.says("new")))
      #expect(fixture.wait { fixture.trace(of: "one").filter { $0 == "asked" }.count > 20 })
      stop.update { $0 = true }
      let heard = ended.wait(until: .soon) { $0 }
      #expect(try fixture.call("ask", "f10000") == "0 one:0:new")
      #expect(
        Set(heard ?? ["none"]).isSubset(of: ["0 one:0:old", "0 one:0:new"]), "\(heard ?? [])")
    }

    @Test("interceptors stand around requests on topics too")
    func intercepted() throws {
      let sentry = ProbePlugin("sentry").with(#""permissions": {"intercept": ["ask.*"]}"#)
        .declaring(
          """
          static int32_t judge(void *c, const dvt_exchange *x, const dvt_verdict *v, const dvt_error_sink *s) {
            char text[100]; int n = snprintf(text, sizeof text, "<%.*s>", (int)x->data.len, (const char *)x->data.ptr);
            dvt_bytes b = {(const uint8_t *)text, (uint64_t)n};
            return v->amend(v->context, S(""), b);
          }
          """
        )
        .doing(
          "init",
          """
          dvt_interception o = {HEADER(dvt_interception), .pattern = S("ask.*"), .stages = DVT_STAGE_REQUEST | DVT_STAGE_REPLY};
          dvt_handle h;
          return FACE(DVT_INTERCEPTORS_INTERFACE, dvt_interceptors)->intercept(host, &o, judge, 0, &h, &errors);
          """)
      let echo = "return to->write(to->context, r->data.ptr, r->data.len)"
      let fixture = try HostFixture([
        sentry, Self.responder("one", echo), Self.responder("two", echo), Self.asker(),
      ])
      #expect(try fixture.call("ask", "c10000") == "0 one:0:<<q>>")
      #expect(
        try fixture.call("ask", "a10000").split(separator: " ").dropFirst().sorted() == [
          "one:0:<<q>>", "two:0:<<q>>",
        ])
    }
  }
}
