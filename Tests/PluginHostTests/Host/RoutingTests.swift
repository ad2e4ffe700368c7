import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("routes events as the configuration says", .serialized)
  struct Routing {
    private static let reader = ProbePlugin("reader")
      .declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
          char text[400]; int n = snprintf(text, sizeof text, "%.*s %.*s", (int)e->type.len, (const char *)e->type.ptr,
                                           (int)e->data.len, (const char *)e->data.ptr);
          for (uint64_t i = 0; i < e->extension_count; i++)
            n += snprintf(text + n, sizeof text - n, " %.*s=%.*s", (int)e->extensions[i].name.len,
                          (const char *)e->extensions[i].name.ptr, (int)e->extensions[i].value.len,
                          (const char *)e->extensions[i].value.ptr);
          trace(text); return DVT_OK;
        }
        """
      ).doing("init", "return subscribe(\">\", \"all\", on, DVT_DELIVERY_SYNC);")

    private func configuration(_ text: String) throws -> HostConfiguration {
      var loader = ConfigurationLoader()
      loader.add(file: Array(text.utf8), path: "dovetail.json")
      return try loader.load()
    }

    @Test("from topic to topic, with the way in the event and the count in the report")
    func routes() throws {
      let routes = try configuration(
        """
        {routes: [{from: "order.*", to: "audit.orders"},
                  {from: "audit.*", filter: [{field: "subject", test: "notEqual", value: "x"}], to: "far", mode: "move"}]}
        """
      ).routes
      let fixture = try HostFixture([Self.reader]) {
        $0.routes = routes
        $0.health.interval = 0  // the reader hears everything
      }
      try fixture.publish("order.new", "7")
      #expect(
        fixture.trace(of: "reader").suffix(2) == [
          "far 7 routehops=2 routedfrom=order.new", "order.new 7",
        ])
      let report = try fixture.host.routes()
      #expect(report.map(\.routed) == [1, 1])
      #expect(report.map(\.mode) == ["copy", "move"])
      #expect(report.map(\.filter) == [[], ["subject notEqual \"x\""]])
      try fixture.reconfigure { $0.routes = [] }
      try fixture.publish("order.new", "8")
      #expect(fixture.trace(of: "reader").last == "order.new 8")
      #expect(!fixture.trace.contains { $0.contains("far 8") })
    }

    @Test("and refuses routes that lead in a circle, before any plugin starts")
    func circle() throws {
      let refusal = #expect(throws: OperationError.self) {
        try HostFixture {
          $0.routes = [
            HostConfiguration.Route(from: "a", to: "b"),
            HostConfiguration.Route(from: "b", to: "a"),
          ]
        }
      }
      #expect(refusal?.message.contains("(b → a, a → b)") == true)
    }

    @Test(
      "and names what is wrong with a rule",
      arguments: [
        (#"{from: "a"}"#, "a route needs a string \"to\""),
        (
          #"{from: "a", to: "b", mod: "copy"}"#,
          "a route has no member \"mod\" (did you mean \"mode\"?)"
        ),
        (#"{from: "a", to: "b", mode: "swap"}"#, "\"mode\" is \"copy\" or \"move\", not \"swap\""),
        (#"{from: "a..", to: "b"}"#, "a topic must not be empty"),
        (#"{from: "a", to: "b.*"}"#, "'b.*' has a character"),
        (
          #"{from: "a", to: "b", filter: [{field: "x", test: "equal"}]}"#,
          "'x' is no field of an event"
        ),
        (#"{from: "a", to: "b", filter: [{field: "subject", test: "equals"}]}"#, "not \"equals\""),
      ])
    func wrong(rule: String, words: String) throws {
      let error = #expect(throws: ConfigurationError.self) {
        try configuration("{routes: [\(rule)]}")
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }
  }
}
