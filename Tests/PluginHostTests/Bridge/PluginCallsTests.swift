import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("serves what plugins call", .serialized)
  struct PluginCalls {
    @Test("refusing what the manifest does not permit, with the line to add (promise 14)")
    func permissions() throws {
      let nosy = ProbePlugin("nosy")
        .with(
          "\"permissions\": {\"publish\": [\"nosy.*\"], \"subscribe\": [\"nosy.>\"], \"metadata\": [\"nosy\"], \"services\": []}"
        )
        .declaring(
          "static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { return DVT_OK; }"
        )
        .doing(
          "post_init",
          """
          told("publish", publish("other.topic", "x"));
          told("own", publish("nosy.topic", "x"));
          told("subscribe", subscribe("other.*", "", on, DVT_DELIVERY_SYNC));
          told("call", call("greet", "x", 0));
          dvt_write w = {HEADER(dvt_write), .collection = S("other"), .key = S("k")};
          told("put", FACE(DVT_METADATA_INTERFACE, dvt_metadata)->put(host, &w, 0, 0, 0, &errors));
          """)
      let greeter = ProbePlugin("greeter")
        .declaring(
          """
          static int32_t on(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) { return reply(to, "hi"); }
          """
        )
        .doing("init", "return provide(\"greet\", on);")
      let fixture = try HostFixture([greeter, nosy])
      #expect(
        fixture.trace(of: "nosy").dropFirst(3) == [
          "publish 7 plugin nosy may not publish to 'other.topic'; add \"permissions\": {\"publish\": [\"other.topic\"]} to its plugin.json",
          "own 0",
          "subscribe 7 plugin nosy may not subscribe to 'other.*'; add \"permissions\": {\"subscribe\": [\"other.*\"]} to its plugin.json",
          "call 7 plugin nosy may not call the service 'greet'; add \"permissions\": {\"services\": [\"greet\"]} to its plugin.json",
          "put 7 plugin nosy may not use the collection 'other'; add \"permissions\": {\"metadata\": [\"other\"]} to its plugin.json",
        ])
      let denied = try fixture.host.metrics().first { $0.labels["kind"] == "denied" }
      #expect(denied?.value == 4)
    }

    @Test("reading settings by JSON Pointer, with the schema's defaults")
    func settings() throws {
      let schema = """
        "config": {"type": "object", "properties": {
          "path": {"type": "string", "default": "/var"}, "port": {"type": "integer"},
          "rate": {"type": "number", "default": 2.5}, "fast": {"type": "boolean", "default": true}}}
        """
      let plugin = ProbePlugin("set").with(schema)
        .doing(
          "init",
          """
          const dvt_config *c = FACE(DVT_CONFIG_INTERFACE, dvt_config);
          int64_t i = 0; double d = 0; int32_t b = 0; char text[200];
          clear(); c->get_string(host, S("/path"), &sink, &errors); told(output, 0);
          c->get_int(host, S("/port"), &i, &errors); c->get_double(host, S("/rate"), &d, &errors);
          c->get_bool(host, S("/fast"), &b, &errors);
          snprintf(text, sizeof text, "%d %.1f %d", (int)i, d, b); trace(text);
          told("missing", c->get_int(host, S("/none"), &i, &errors));
          told("type", c->get_int(host, S("/path"), &i, &errors));
          told("pointer", c->get_int(host, S("path"), &i, &errors));
          clear(); c->get_json(host, S("/port"), &sink, &errors); told(output, 0);
          """)
      let fixture = try HostFixture([plugin]) { $0.settings = ["set": .object(["port": .int(80)])] }
      #expect(
        fixture.trace(of: "set").filter { !$0.hasSuffix("init") } == [
          "/var 0", "80 2.5 1", "missing 4 plugin set has no setting '/none'",
          "type 2 setting '/path' is not an integer of 64 bits",
          "pointer 2 'path' is not a JSON Pointer; it begins with '/', or is empty for all settings",
          "80 0",
        ])
    }

    @Test("refusing settings that do not fit before anything of the plugin runs (promise 2)")
    func badSettings() throws {
      let plugin = ProbePlugin("set")
        .with(
          "\"config\": {\"type\": \"object\", \"properties\": {\"port\": {\"type\": \"integer\"}}}")
      let fixture = try HostFixture([plugin]) {
        $0.settings = ["set": .object(["port": .string("x")])]
      }
      #expect(fixture.trace.isEmpty)
      #expect(fixture.state("set") == "blocked")
      try fixture.reconfigure { $0.settings = ["set": .object(["port": .int(1)])] }
      #expect(fixture.state("set") == "active")
    }

    @Test("writing log lines with the plugin's id, generation and fields")
    func log() throws {
      let plugin = ProbePlugin("talker")
        .doing(
          "init",
          """
          dvt_attribute f = {S("size"), S("7")};
          const dvt_log *l = FACE(DVT_LOG_INTERFACE, dvt_log);
          told("write", l->write(host, DVT_LOG_WARNING, S("disk is full"), &f, 1));
          told("level", l->write(host, 9, S("?"), 0, 0));
          told("enabled", l->enabled(host, DVT_LOG_TRACE));
          """)
      let fixture = try HostFixture([plugin])
      let line = fixture.log.first { $0.contains("disk is full") } ?? ""
      #expect(line.contains("talker") && line.contains("generation=1") && line.contains("size=7"))
      #expect(
        fixture.trace(of: "talker").dropFirst(2) == [
          "write 0", "level 2 ", "enabled 1 ", "post_init",
        ])
    }

    @Test("running timers and jobs, and none of them after unload")
    func timersAndJobs() throws {
      let plugin = ProbePlugin("clock")
        .declaring(
          """
          static int32_t tick(void *c, const dvt_error_sink *s) { trace("tick"); return DVT_OK; }
          static void job(void *c) { usleep(50000); trace("job"); }
          """
        )
        .doing(
          "init",
          """
          dvt_timer t = {HEADER(dvt_timer), .name = S("t"), .interval_ms = 5}; dvt_handle h;
          FACE(DVT_TIMERS_INTERFACE, dvt_timers)->schedule(host, &t, tick, 0, &h, &errors);
          told("again", FACE(DVT_TIMERS_INTERFACE, dvt_timers)->schedule(host, &t, tick, 0, &h, &errors));
          """
        )
        .doing(
          "pre_cleanup",
          "for (int i = 0; i < 3; i++) FACE(DVT_EXECUTOR_INTERFACE, dvt_executor)->submit(host, job, 0);"
        )
      let fixture = try HostFixture([plugin])
      #expect(fixture.trace(of: "clock").contains { $0.hasPrefix("again 5 ") })
      #expect(fixture.wait { fixture.trace(of: "clock").filter { $0 == "tick" }.count >= 3 })
      _ = try fixture.host.unload("clock", deadline: .soon)
      let trace = fixture.trace(of: "clock")
      #expect(trace.filter { $0 == "job" }.count == 3)
      #expect(trace.last == "cleanup")
      #expect(fixture.state("clock") == "unmapped")
    }

    @Test("answering a service's caller with its reply, its error, or what became of it")
    func services() throws {
      let provider = ProbePlugin("provider")
        .declaring(
          """
          static int32_t on(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
            const char *text = (const char *)r->data.ptr;
            if (text[0] == 'f') return fail(s, "no such thing");
            if (text[0] == 's') usleep(40000);
            if (text[0] == 'c') __builtin_trap();
            if (text[0] == 'd') { told("depth", call("loop", "d", 0)); }
            return reply(to, "done");
          }
          """
        )
        .with("\"permissions\": {\"services\": [\">\"]}")
        .doing("init", "return provide(\"loop\", on);")
      let fixture = try HostFixture([provider]) { $0.depthLimit = 4 }
      #expect(try fixture.call("loop", "ok") == "done")
      #expect(error { try fixture.call("loop", "f") }?.message == "no such thing")
      #expect(error { try fixture.call("loop", "slow", milliseconds: 10) }?.code == .timeout)
      #expect(error { try fixture.call("none", "x") }?.code == .notFound)
      #expect(try fixture.call("loop", "d") == "done")
      #expect(fixture.trace(of: "provider").contains { $0.hasPrefix("depth 12 ") })
      #expect(
        error { try fixture.call("loop", "crash") }?.message.contains(
          "crashed and was contained: SIGILL in service loop") == true)
      #expect(fixture.wait { fixture.state("provider") == "quarantined" })
      #expect(try fixture.host.hostReport().degraded == ["provider is quarantined"])
    }

    private func error(_ body: () throws -> Any) -> OperationError? {
      do { _ = try body() } catch { return error as? OperationError }
      return nil
    }

    @Test("keeping records of every kind of value")
    func metadata() throws {
      let keeper = ProbePlugin("keeper").doing(
        "init",
        """
        const dvt_metadata *m = FACE(DVT_METADATA_INTERFACE, dvt_metadata);
        dvt_field items[] = {{S(""), {.kind = DVT_VALUE_INT, .integer = -7}}, {S(""), {.kind = DVT_VALUE_NULL}}};
        dvt_field members[] = {
          {S("flag"), {.kind = DVT_VALUE_BOOL, .integer = 1}}, {S("number"), {.kind = DVT_VALUE_DOUBLE, .number = 1.5}},
          {S("text"), {.kind = DVT_VALUE_STRING, .bytes = {(const uint8_t *)"hi", 2}}},
          {S("raw"), {.kind = DVT_VALUE_BYTES, .bytes = {(const uint8_t *)"\\x01", 1}}},
          {S("list"), {.kind = DVT_VALUE_LIST, .fields = items, .field_count = 2}}};
        dvt_write w = {HEADER(dvt_write), .collection = S("keeper"), .key = S("k"),
          .value = {.kind = DVT_VALUE_MAP, .fields = members, .field_count = 5}, .expect = DVT_EXPECT_ABSENT};
        dvt_written out = {HEADER(dvt_written)};
        told("put", m->put(host, &w, &out, 0, 0, &errors));
        told("version", (int32_t)out.version);
        told("absent", m->put(host, &w, &out, 0, 0, &errors));
        w.expect = DVT_EXPECT_VERSION; w.expected_version = 1;
        told("again", m->put(host, &w, &out, 0, 0, &errors));
        dvt_value deep[40]; dvt_field links[40];
        for (int i = 0; i < 40; i++) {
          deep[i] = (dvt_value){.kind = DVT_VALUE_LIST, .fields = &links[i], .field_count = i < 39};
          if (i > 0) links[i - 1] = (dvt_field){S(""), deep[i]};
        }
        for (int i = 38; i >= 0; i--) links[i] = (dvt_field){S(""), deep[i + 1]};
        w.value = deep[0]; w.expect = 0;
        told("deep", m->put(host, &w, &out, 0, 0, &errors));
        w.value = (dvt_value){.kind = 77};
        told("kind", m->put(host, &w, &out, 0, 0, &errors));
        w.key = S("gone");
        told("remove", m->remove(host, &w, &out, 0, 0, &errors));
        """)
      let fixture = try HostFixture([keeper])
      let record = try fixture.host.metaGet(collection: "keeper", key: "k")
      #expect(record.version == 2)
      let text = record.value.text()
      for part in ["\"flag\":true", "\"number\":1.5", "\"text\":\"hi\"", "\"list\":[-7,null]"] {
        #expect(text.contains(part), "\(text)")
      }
      let codes = fixture.trace(of: "keeper").compactMap { line -> String? in
        let words = line.split(separator: " ")
        return words.count > 1 ? words[0...1].joined(separator: " ") : nil
      }
      #expect(
        codes == ["put 0", "version 1", "absent 8", "again 0", "deep 16", "kind 2", "remove 4"])
    }

    @Test("reporting changes to watches, in order")
    func watches() throws {
      let fixture = try HostFixture([Self.watcher("1.0.0")])
      for value in 1...3 {
        _ = try fixture.host.metaPut(
          collection: "watched", key: "k\(value)", value: .int(Int64(value)), version: nil)
      }
      #expect(fixture.wait { fixture.trace(of: "watcher").contains("saw k3 1") })
      #expect(
        fixture.trace(of: "watcher").filter { $0.hasPrefix("saw") } == [
          "saw k1 1", "saw k2 1", "saw k3 1",
        ])
    }

    static func watcher(_ version: String) -> ProbePlugin {
      ProbePlugin("watcher", version: version)
        .with("\"permissions\": {\"metadata\": [\"watched\"]}")
        .declaring(
          """
          static int32_t on(void *c, const dvt_record *r) {
            char text[200]; snprintf(text, sizeof text, "saw %.*s %c", (int)r->key.len, (const char *)r->key.ptr, VERSION[0]);
            trace(text); return DVT_OK;
          }
          """
        )
        .doing(
          "init",
          """
          dvt_watch o = {HEADER(dvt_watch), .name = S("w"), .collection = S("watched")}; dvt_handle h;
          return FACE(DVT_METADATA_INTERFACE, dvt_metadata)->watch(host, &o, on, 0, &h, &errors);
          """)
    }

    @Test("reading events of an older revision up to their size, and no absurd ones")
    func eventSizes() throws {
      let plugin = ProbePlugin("sizes")
        .declaring(
          """
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
            char text[200]; snprintf(text, sizeof text, "got %d %d", (int)e->data.len, (int)e->extension_count);
            trace(text); return DVT_OK;
          }
          """
        )
        .doing(
          "post_init",
          """
          subscribe("sizes.t", "", on, DVT_DELIVERY_SYNC);
          const dvt_events *f = FACE(DVT_EVENTS_INTERFACE, dvt_events);
          dvt_topic t; f->topic(host, S("sizes.t"), &t, &errors);
          dvt_event e = {HEADER(dvt_event), .extension_count = 65, .data = {(const uint8_t *)"abc", 3}};
          told("many", f->publish(host, t, &e, &errors));
          e.struct_size = offsetof(dvt_event, extensions);
          told("old", f->publish(host, t, &e, &errors));
          e = (dvt_event){HEADER(dvt_event), .data = {(const uint8_t *)"abc", 17u << 20}};
          told("large", f->publish(host, t, &e, &errors));
          e.struct_size = 4;
          told("tiny", f->publish(host, t, &e, &errors));
          told("topic", f->publish(host, 99, &e, &errors));
          told("null", f->publish(host, t, 0, &errors));
          told("nullhost", f->publish(0, t, &e, &errors));
          """)
      let fixture = try HostFixture([plugin])
      let codes = fixture.trace(of: "sizes").dropFirst(3).map {
        $0.split(separator: " ").prefix(2).joined(separator: " ")
      }
      #expect(
        codes == [
          "many 16", "got 0", "old 0", "large 16", "tiny 2", "topic 2", "null 2", "nullhost 2",
        ])
    }

    @Test("promise 5: never unmapping a plugin whose handler unsubscribed itself and goes on")
    func unloadAfterWithdrawal() throws {
      let plugin = ProbePlugin.meddling("selfish")
        .declaring(
          """
          static dvt_handle own;
          static int32_t on_last(void *c, const dvt_event *e, const dvt_error_sink *s) {
            FACE(DVT_EVENTS_INTERFACE, dvt_events)->unsubscribe(host, own, 0, 0, &errors);
            at("last");
            return DVT_OK;
          }
          """
        )
        .doing(
          "init",
          """
          dvt_subscription o = {HEADER(dvt_subscription), .pattern = S("t"), .name = S("t"), .delivery = DVT_DELIVERY_ASYNC};
          FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, on_last, 0, &own, &errors);
          """)
      let fixture = try HostFixture([plugin])
      try fixture.publish("t")
      #expect(fixture.wait { FileStatus.exists(fixture.directory.file("trace.in.last")) })
      // It is not waited for longer than this; the unload itself goes on to its end.
      _ = try? fixture.host.unload("selfish", deadline: .after(milliseconds: 200))
      #expect(fixture.wait { fixture.state("selfish") == "retired" })
      try TestFile.write(fixture.directory.file("trace.go.last"))
    }

    @Test(
      "revoking what a plugin registered, and answering its late calls with DVT_GONE (promise 5)")
    func lateCalls() throws {
      let plugin = ProbePlugin("late")
        .with("\"unload\": \"keep\"")
        .declaring(
          """
          #include <pthread.h>
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { trace("event"); return DVT_OK; }
          static void *run(void *x) {
            int32_t code;
            do { usleep(2000); code = publish("late.x", ""); } while (code == DVT_OK);
            told("publish", code);
            told("subscribe", subscribe("late.y", "", on, 0));
            told("call", call("none", "x", 0));
            return 0;
          }
          """
        )
        .doing(
          "init", "subscribe(\"a.b\", \"s\", on, 0); pthread_t t; pthread_create(&t, 0, run, 0);")
      let fixture = try HostFixture([plugin])
      try fixture.publish("a.b")
      _ = try fixture.host.unload("late", deadline: .soon)
      try fixture.publish("a.b")
      #expect(fixture.wait { fixture.trace(of: "late").contains { $0.hasPrefix("call") } })
      let gone =
        "6 late (generation 1) was retired; a call of it came too late and was not carried out"
      #expect(
        fixture.trace(of: "late").suffix(3) == [
          "publish \(gone)", "subscribe \(gone)", "call \(gone)",
        ])
      #expect(fixture.trace(of: "late").filter { $0 == "event" }.count == 1)
      #expect(fixture.state("late") == "retired")
    }
  }
}
