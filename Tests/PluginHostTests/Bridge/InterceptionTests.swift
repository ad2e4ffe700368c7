import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("lets interceptors", .serialized)
  struct Interception {
    /// A plugin that intercepts; `body` may use `x` (the exchange), `v` (the verdict) and `s` (the error sink).
    private static func sentry(
      _ id: String = "sentry", version: String = "1.0.0", pattern: String, body: String,
      priority: Int = 0, flags: String = "0", at callback: String = "init",
      permissions: String = #""permissions": {"intercept": [">"]}"#
    ) -> ProbePlugin {
      ProbePlugin(id, version: version).with(permissions)
        .declaring(
          """
          static dvt_bytes B(const char *text) { dvt_bytes b = {(const uint8_t *)text, strlen(text)}; return b; }
          static int is(dvt_bytes b, const char *text) { return b.len == strlen(text) && !memcmp(b.ptr, text, b.len); }
          static void saw(const dvt_exchange *x) {
            char line[300];
            snprintf(line, sizeof line, "%d %.*s of %.*s: %d %.*s", (int)x->stage, (int)x->name.len, (const char *)x->name.ptr,
                     (int)x->caller.len, (const char *)x->caller.ptr, (int)x->code, (int)x->data.len, (const char *)x->data.ptr);
            trace(line);
          }
          static int32_t judge(void *c, const dvt_exchange *x, const dvt_verdict *v, const dvt_error_sink *s) {
            saw(x); \(body); return DVT_OK;
          }
          """
        )
        .doing(
          callback,
          """
          dvt_interception o = {HEADER(dvt_interception), .pattern = S("\(pattern)"), .name = S("n"), .priority = \(priority),
                                .stages = 7, .flags = \(flags)}; dvt_handle h;
          return FACE(DVT_INTERCEPTORS_INTERFACE, dvt_interceptors)->intercept(host, &o, judge, 0, &h, &errors);
          """)
    }

    private static let reader = ProbePlugin("reader")
      .declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
          char text[300]; snprintf(text, sizeof text, "got %.*s %.*s from %.*s", (int)e->type.len, (const char *)e->type.ptr,
            (int)e->data.len, (const char *)e->data.ptr, (int)e->source.len, (const char *)e->source.ptr);
          trace(text); return DVT_OK;
        }
        """
      ).doing("init", "return subscribe(\"t.>\", \"t\", on, DVT_DELIVERY_SYNC);")

    private static let echo = ProbePlugin("echo")
      .declaring(
        """
        static int32_t serve(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          if (r->data.len == 4 && !memcmp(r->data.ptr, "fail", 4)) return fail(s, "as you wish");
          return to->write(to->context, r->data.ptr, r->data.len);
        }
        """
      ).doing("init", "return provide(\"echo\", serve);")

    @Test("amend, keep or refuse an event, and tell the publisher why")
    func events() throws {
      let sentry = Self.sentry(
        pattern: "t.*",
        body: """
          dvt_event e = *x->event;
          if (is(x->data, "bad")) return fail(s, "no bad words");
          if (is(x->data, "mine")) return v->answer(v->context, B(""));
          if (is(x->data, "dull")) { e.data = B("bright"); e.source = S("liar"); return v->amend_event(v->context, &e); }
          if (v->amend(v->context, S(""), B("x")) != DVT_INVALID) return fail(s, "amend must not do for events")
          """)
      let writer = ProbePlugin("writer").with(#""permissions": {"publish": ["t.x"]}"#)
        .doing(
          "post_init",
          """
          told("good", publish("t.x", "good")); told("bad", publish("t.x", "bad"));
          told("mine", publish("t.x", "mine")); told("dull", publish("t.x", "dull"));
          """)
      let fixture = try HostFixture([sentry, Self.reader, writer])
      #expect(
        fixture.trace(of: "writer").suffix(4) == [
          "good 0", "bad 7 no bad words", "mine 0", "dull 0",
        ])
      #expect(
        fixture.trace(of: "reader").filter { $0.hasPrefix("got") } == [
          "got t.x good from writer", "got t.x bright from writer",
        ])
      #expect(fixture.trace(of: "sentry").contains("1 t.x of writer: 0 bad"))
      let vetoes = try fixture.host.metrics().first {
        $0.name == "dovetail_lost_total"
          && $0.labels == ["kind": "vetoed", "plugin": "sentry"]
      }
      #expect(vetoes?.value == 2)
    }

    @Test("amend, answer or refuse a request and its reply; the reply comes back the other way")
    func requests() throws {
      let outer = Self.sentry(
        "outer", pattern: "echo",
        body: """
          if (x->stage == DVT_STAGE_REQUEST && is(x->data, "secret")) { fail(s, "not for you"); return DVT_DENIED; }
          if (x->stage == DVT_STAGE_REPLY && x->code) return v->amend(v->context, S(""), B("instead"))
          """, priority: 9)
      let inner = Self.sentry(
        "inner", pattern: "*",
        body: """
          if (x->stage == DVT_STAGE_REQUEST && is(x->data, "cached")) return v->answer(v->context, B("from the cache"));
          if (x->stage == DVT_STAGE_REQUEST && is(x->data, "a")) return v->amend(v->context, S("text/plain"), B("b"));
          if (x->stage == DVT_STAGE_REPLY && is(x->data, "b")) return v->amend(v->context, S(""), B("c"))
          """)
      let fixture = try HostFixture([outer, inner, Self.echo])
      #expect(try fixture.call("echo", "plain") == "plain")
      #expect(try fixture.call("echo", "a") == "c")
      fixture.clearTrace()
      #expect(try fixture.call("echo", "cached") == "from the cache")
      #expect(
        fixture.trace == [
          "outer 2 echo of dovetail: 0 cached", "inner 2 echo of dovetail: 0 cached",
          "outer 4 echo of dovetail: 0 from the cache",
        ])
      #expect(try fixture.call("echo", "fail") == "instead")
      #expect(fixture.trace.contains("outer 4 echo of dovetail: 1 "))
      let refusal = #expect(throws: OperationError.self) { try fixture.call("echo", "secret") }
      #expect(refusal?.message.contains("not for you") == true)
    }

    @Test("crash: what they cannot judge passes, or is refused where they are required")
    func crash() throws {
      for (flags, passes) in [("0", true), ("DVT_INTERCEPTION_REQUIRED", false)] {
        let sentry = Self.sentry(pattern: "t.*", body: "__builtin_trap()", flags: flags)
        let fixture = try HostFixture([sentry, Self.reader])
        let published = Result { try fixture.publish("t.x", "one") }
        #expect(((try? published.get()) != nil) == passes)
        let got = fixture.trace(of: "reader").contains("got t.x one from dovetail")
        #expect(got == passes)
        #expect(fixture.wait { fixture.state("sentry") == "quarantined" })
        try fixture.publish("t.x", "two")
        #expect(fixture.trace(of: "reader").contains("got t.x two from dovetail"))
      }
    }

    @Test("only where the manifest permits it")
    func permissions() throws {
      let sentry = Self.sentry(pattern: "t.*", body: "", permissions: #""author": "x""#)
        .instead(
          "init",
          """
          dvt_interception o = {HEADER(dvt_interception), .pattern = S("t.*"), .stages = 1}; dvt_handle h;
          const dvt_interceptors *f = FACE(DVT_INTERCEPTORS_INTERFACE, dvt_interceptors);
          told("foreign", f->intercept(host, &o, judge, 0, &h, &errors));
          o.pattern = S("sentry.>"); told("own", f->intercept(host, &o, judge, 0, &h, &errors));
          o.stages = 8; told("stages", f->intercept(host, &o, judge, 0, &h, &errors));
          told("release", f->release(host, h, 0, 0, &errors));
          told("again", f->release(host, h, 0, 0, &errors));
          """)
      let fixture = try HostFixture([sentry])
      let told = fixture.trace(of: "sentry")
      #expect(
        told.contains(
          "foreign 7 plugin sentry may not intercept 't.*'; add \"permissions\": {\"intercept\": [\"t.*\"]} to its plugin.json"
        ))
      #expect(told.contains("own 0") && told.contains("release 0"))
      #expect(
        told.contains { $0.hasPrefix("stages 2") } && told.contains { $0.hasPrefix("again 6") })
    }

    @Test("be replaced by a reload, by name, and give way when their plugin is unloaded")
    func reloaded() throws {
      let fixture = try HostFixture([
        Self.sentry(pattern: "t.*", body: "return fail(s, \"old\")"), Self.reader,
      ])
      let first = #expect(throws: OperationError.self) { try fixture.publish("t.x", "1") }
      #expect(first?.message.contains("old") == true)
      try fixture.replace(
        Self.sentry(version: "2.0.0", pattern: "t.*", body: "return fail(s, \"new\")"))
      let second = #expect(throws: OperationError.self) { try fixture.publish("t.x", "2") }
      #expect(second?.message.contains("new") == true)
      _ = try fixture.host.unload("sentry", deadline: .soon)
      try fixture.publish("t.x", "3")
      #expect(fixture.trace(of: "reader").contains("got t.x 3 from dovetail"))
    }

    @Test("of system.pre_startup stop the start with their message; nothing of it is left")
    func preStartup() throws {
      let sentry = Self.sentry(
        pattern: "system.*",
        body: "if (x->name.len == strlen(\"system.pre_startup\")) return fail(s, \"no license\")",
        at: "pre_init")
      let fixture = try HostFixture([sentry, Self.echo], start: false)
      let refusal = #expect(throws: OperationError.self) { try fixture.host.start() }
      #expect(
        refusal?.message
          == "an interceptor of system.pre_startup refused the start: no license")
      #expect(fixture.state("sentry") == "blocked" && fixture.state("echo") == "blocked")
      #expect(!fixture.trace.contains("echo init") && !fixture.trace.contains("sentry init"))
      #expect(fixture.trace.contains("sentry cleanup"))
    }

    @Test("of system.post_shutdown see the end before the first cleanup")
    func postShutdown() throws {
      let sentry = Self.sentry(pattern: "system.post_shutdown", body: "")
      let fixture = try HostFixture([sentry])
      fixture.clearTrace()
      try fixture.end()
      #expect(
        fixture.trace == [
          "sentry pre_cleanup", "sentry 1 system.post_shutdown of dovetail: 0 {}", "sentry cleanup",
        ])
    }
  }
}
