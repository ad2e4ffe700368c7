import CHostSupport
import EventBus
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("serves plugins that publish to topics by name", .serialized)
  struct NamedTopics {
    @Test("to any number of them, within the bound of the configuration")
    func many() throws {
      let sender = ProbePlugin("sender").with("\"permissions\": {\"publish\": [\"flood.*\"]}")
        .doing(
          "post_init",
          """
          char name[64];
          for (int i = 0; i < 5000; i++) {
            snprintf(name, sizeof name, "flood.%d", i);
            if (publish(name, "x") != DVT_OK) return told(name, DVT_FAILED), DVT_FAILED;
          }
          publish("flood.7", "again");
          publish("flood.4999", "again");
          """)
      let receiver = ProbePlugin("receiver").with("\"permissions\": {\"subscribe\": [\"flood.*\"]}")
        .declaring(
          """
          static int seen;
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { seen++; return DVT_OK; }
          static int32_t count(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
            char text[16]; snprintf(text, sizeof text, "%d", seen); return reply(to, text);
          }
          """
        )
        .doing(
          "init", "subscribe(\"flood.*\", \"\", on, DVT_DELIVERY_SYNC); provide(\"count\", count);")
      let fixture = try HostFixture([receiver, sender]) { $0.topics = 1_000 }
      #expect(try fixture.call("count") == "5002")
      let report = try #require(try fixture.host.list().first { $0.id == "sender" })
      #expect(report.published == 5_002)
      #expect(fixture.host.core.bus.topics.count <= 1_000)
      let forgotten = try fixture.host.metrics().first {
        $0.name == "dovetail_bus_topics_forgotten_total"
      }
      #expect(try #require(forgotten).value >= 4_000)
    }

    @Test("without a lock the next time, also where the topic was opened before")
    func remembered() throws {
      let bus = try HostFixture([]).host.core.bus
      let table = TopicTable()
      let token = try #require(table.open(try bus.topic("a.b")))
      func isRemembered() -> Bool {
        var name = "a.b"
        return name.withUTF8 { name in
          let length = UInt64(name.count)
          return unsafe hs_names_find(table.cache, name.baseAddress, length) != nil
        }
      }
      #expect(!isRemembered())
      #expect(try table.name("a.b", on: bus) == token)
      #expect(isRemembered())
    }

    @Test("an expression receives what its plugin's permissions allow, and nothing else")
    func expression() throws {
      let nosy = ProbePlugin("nosy")
        .with("\"permissions\": {\"subscribe\": [\"order.*\"]}")
        .declaring(
          """
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
            char text[64]; snprintf(text, sizeof text, "%.*s", (int)e->type.len, (const char *)e->type.ptr);
            trace(text); return DVT_OK;
          }
          """
        )
        .doing(
          "init",
          """
          dvt_subscription o = {HEADER(dvt_subscription), .pattern = S("paid"), .pattern_kind = DVT_PATTERN_REGEX};
          dvt_handle h;
          told("subscribe", FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, on, 0, &h, &errors));
          """)
      let fixture = try HostFixture([nosy])
      for topic in ["order.paid", "bill.paid", "order.sent", "order.paid-twice"] {
        try fixture.publish(topic)
      }
      #expect(
        fixture.trace(of: "nosy").filter { !$0.hasSuffix("init") } == [
          "subscribe 0", "order.paid", "order.paid-twice",
        ])
    }
  }
}
