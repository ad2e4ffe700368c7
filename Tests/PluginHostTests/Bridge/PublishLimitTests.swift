import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("bounds how many events plugins publish", .serialized)
  struct PublishLimits {
    /// `ID.go` publishes as many events as its request says, by a topic and by name in turn, and answers how many were taken.
    private static func publisher(_ id: String) -> ProbePlugin {
      ProbePlugin(id).declaring(
        """
        static int32_t go(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
          char text[700]; snprintf(text, sizeof text, "%.*s", (int)r->data.len, (const char *)r->data.ptr);
          int wanted = atoi(text), taken = 0, refused = 0;
          const dvt_events *events = FACE(DVT_EVENTS_INTERFACE, dvt_events);
          dvt_topic topic; events->topic(host, S(ID ".x"), &topic, 0);
          dvt_event e = {HEADER(dvt_event)};
          for (int i = 0; i < wanted; i++) {
            int32_t code = i % 2 ? publish(ID ".x", "") : events->publish(host, topic, &e, &errors);
            if (code == DVT_OK) taken++; else if (code == DVT_FULL) refused++;
          }
          snprintf(text, sizeof text, "%d %d %s", taken, refused, message);
          message[0] = 0;
          return reply(to, text);
        }
        """
      ).declaring("#include <stdlib.h>").doing("init", "provide(ID \".go\", go);")
    }

    @Test("a second, all of them and single ones, as the configuration says now")
    func limits() throws {
      let fixture = try HostFixture([Self.publisher("chatty"), Self.publisher("calm")]) {
        $0.limits.publishRates = ["chatty": 1]
      }
      let refusal =
        "1 9 chatty publishes more than 1 events a second; publish less, or raise \"limits.publishRate\" in the configuration"
      #expect(try fixture.call("chatty.go", "10") == refusal)
      #expect(try fixture.call("calm.go", "1000") == "1000 0 ")
      #expect(
        fixture.wait {
          fixture.host.core.lost.contains { $0.key.loss == .publishLimited && $0.value == 9 }
        })
      try fixture.reconfigure { $0.limits.publishRates = [:] }
      #expect(try fixture.call("chatty.go", "1000") == "1000 0 ")
      try fixture.reconfigure { $0.limits.publishRate = 2 }
      #expect(try fixture.call("calm.go", "4").hasPrefix("2 2 calm publishes more than 2 "))
      // The next generation has the limit too.
      var next = Self.publisher("calm")
      next.version = "2.0.0"
      try fixture.replace(next)
      #expect(try fixture.call("calm.go", "4").hasPrefix("2 2 "))
    }
  }
}
