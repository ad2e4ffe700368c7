import FoundationEssentials
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("keeps what is declared of events", .serialized)
  struct EventTypes {
    /// A plugin with an operation that publishes JSON: `say:TOPIC JSON` as a request to its service `ID.say`.
    private static func writer(
      _ id: String = "writer", version: String = "1.0.0", topic: String = "order.paid",
      schema: String?,
      start: String = ""
    ) -> ProbePlugin {
      let events =
        schema.map {
          #", "events": [{"topic": "\#(topic)", "summary": "s", "contentType": "application/json", "schema": \#($0)}]"#
        } ?? ""
      return ProbePlugin(id, version: version)
        .with(#""permissions": {"publish": ["order.>", "\#(id).>"]}\#(events)"#)
        .declaring(
          """
          static int32_t say(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) {
            char text[300]; snprintf(text, sizeof text, "%.*s", (int)r->data.len, (const char *)r->data.ptr);
            char *body = strchr(text, ' '); *body++ = 0;
            dvt_event e = {HEADER(dvt_event), .type = S(text), .datacontenttype = S("application/json"),
                           .data = {(const uint8_t *)body, strlen(body)}};
            int32_t code = FACE(DVT_EVENTS_INTERFACE, dvt_events)->publish_named(host, &e, &errors);
            char answer[600]; snprintf(answer, sizeof answer, "%d %s", code, code ? message : ""); message[0] = 0;
            return reply(to, answer);
          }
          static dvt_handle declared;
          static int32_t declare(const char *topic, const char *schema) {
            dvt_event_type t = {HEADER(dvt_event_type), .topic = S(topic), .schema = S(schema)};
            return FACE(DVT_EVENT_TYPES_INTERFACE, dvt_event_types)->declare(host, &t, &declared, &errors);
          }
          """
        ).doing("init", "\(start) return provide(ID \".say\", say);")
    }

    private static let whole = #"{"type": "object", "properties": {"size": {"type": "integer"}}}"#
    private static let misfit = #"{"size":"x"}"#
    private static let reason =
      "does not fit what writer declared of 'order.paid': /size must be a whole number, not the string \"x\""

    private static let reader = ProbePlugin("reader")
      .declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
          char text[200]; snprintf(text, sizeof text, "%.*s", (int)e->data.len, (const char *)e->data.ptr);
          trace(text); return DVT_OK;
        }
        """
      ).doing("init", "return subscribe(\"order.>\", \"t\", on, DVT_DELIVERY_SYNC);")

    @Test("by a manifest: an event that does not fit goes on, is logged now and then and counted")
    func warns() throws {
      let fixture = try HostFixture([Self.writer(schema: Self.whole), Self.reader])
      for _ in 0..<3 {
        #expect(try fixture.call("writer.say", "order.paid \(Self.misfit)") == "0 ")
      }
      #expect(try fixture.call("writer.say", #"order.paid {"size":1}"#) == "0 ")
      #expect(fixture.trace(of: "reader").count { $0 == Self.misfit } == 3)
      #expect(fixture.log.count { $0.contains("an event of writer \(Self.reason)") } == 1)
      let stats = try fixture.host.eventStats(plugin: nil, topic: "order.*")
      #expect(stats.topics.map(\.violations) == [3])
      #expect(
        try fixture.host.metrics().contains {
          $0.name == "dovetail_topic_violations_total" && $0.labels["topic"] == "order.paid"
            && $0.value == 3
        })
    }

    @Test("and refuses it where the configuration says so, with the place and who declared it")
    func refuses() throws {
      let fixture = try HostFixture([Self.writer(schema: Self.whole), Self.reader]) {
        $0.enforceSchemas = .refuse
      }
      #expect(
        try fixture.call("writer.say", "order.paid \(Self.misfit)")
          == "2 an event of writer \(Self.reason)")
      #expect(try fixture.call("writer.say", #"order.paid {"size":1}"#) == "0 ")
      #expect(fixture.trace(of: "reader").filter { $0.hasPrefix("{") } == [#"{"size":1}"#])
      let error = #expect(throws: OperationError.self) { try fixture.publish("order.paid", "x") }
      #expect(
        error?.message
          == "an event of dovetail does not fit what writer declared of 'order.paid': its data must be "
          + "application/json, not text/plain")
      #expect(error?.code == .invalid)
      try fixture.reconfigure {
        $0.eventTypes = [.init(topic: "order.paid", enforce: .off)]
      }
      #expect(try fixture.call("writer.say", "order.paid \(Self.misfit)") == "0 ")
    }

    @Test("by a call, until it takes its word back")
    func called() throws {
      let fixture = try HostFixture([
        Self.writer(
          schema: nil,
          start: """
            told("bad", declare("order.x", "{\\"format\\": 1}"));
            told("foreign", declare("other.x", "{}"));
            told("good", declare("order.x", "{\\"type\\": \\"integer\\"}"));
            told("again", declare("order.x", "true"));
            """
        ).doing(
          "pre_cleanup",
          """
          told("back", FACE(DVT_EVENT_TYPES_INTERFACE, dvt_event_types)->withdraw(host, declared, &errors));
          told("twice", FACE(DVT_EVENT_TYPES_INTERFACE, dvt_event_types)->withdraw(host, declared, &errors));
          """)
      ]) { $0.enforceSchemas = .refuse }
      #expect(
        fixture.trace(of: "writer").filter { $0.contains(" ") } == [
          "bad 2 schema at /format: the keyword \"format\" is not supported, so it would not be kept; "
            + "use \"pattern\", or say it in \"description\"",
          "foreign 7 plugin writer may not publish to 'other.x'; add \"permissions\": {\"publish\": "
            + "[\"other.x\"]} to its plugin.json",
          "good 0",
          "again 5 'order.x' is declared by writer already, with another schema or content type; declare the "
            + "same, or choose another topic",
        ])
      #expect(try fixture.call("writer.say", "order.x 1") == "0 ")
      #expect(
        try fixture.call("writer.say", "order.x true").hasPrefix(
          "2 an event of writer does not fit"))
      try fixture.end()
      #expect(fixture.trace(of: "writer").contains("back 0"))
      #expect(fixture.trace(of: "writer").contains { $0.hasPrefix("twice 6") })
    }

    @Test("and lets the declarations of a new build take the place of the old one's, or none")
    func reloaded() throws {
      let fixture = try HostFixture([Self.writer(schema: Self.whole)]) {
        $0.enforceSchemas = .refuse
      }
      try fixture.replace(Self.writer(version: "2.0.0", schema: #"{"required": ["id"]}"#))
      #expect(
        try fixture.call("writer.say", "order.paid \(Self.misfit)").contains("/id is missing"))
      #expect(throws: OperationError.self) {
        try fixture.replace(
          Self.writer(version: "3.0.0", schema: "true", start: "return DVT_FAILED;"))
      }
      #expect(
        try fixture.call("writer.say", "order.paid \(Self.misfit)").contains("/id is missing"))
      _ = try fixture.host.unload("writer", deadline: .soon)
      #expect(throws: Never.self) { try fixture.publish("order.paid", "x") }
    }

    @Test(
      "and refuses a plugin that declares otherwise what another, or the configuration, declared")
    func conflicts() throws {
      let fixture = try HostFixture([
        Self.writer("a", schema: Self.whole), Self.writer("b", schema: "true"),
        Self.writer("c", topic: "order.mine", schema: "true"),
      ]) {
        $0.eventTypes = [.init(topic: "order.mine", schema: .object(["type": .string("string")]))]
      }
      #expect(fixture.state("a") == "active")
      #expect(fixture.state("b") == "failed")
      #expect(
        fixture.host.table["b"]?.lastError?.contains(
          "its manifest declares events: 'order.paid' is declared by a already") == true)
      #expect(
        fixture.host.table["c"]?.lastError?.contains(
          "'order.mine' is declared by the configuration")
          == true)
      #expect(throws: OperationError.self) {
        try fixture.reconfigure {
          $0.eventTypes = [.init(topic: "order.paid", schema: .bool(true))]
        }
      }
      #expect(fixture.host.configuration.eventTypes.map(\.topic) == ["order.mine"])
    }

    @Test(
      "and names what is wrong with a declaration in a manifest",
      arguments: [
        (#"{"topic": "order.x", "schema": {"not": {}}}"#, "events[0].schema/not: the keyword"),
        (#"{"topic": "other.x"}"#, "events[0].topic: plugin x may not publish to 'other.x'"),
        (#"{"topic": "a..b"}"#, "events[0].topic"), (#"{}"#, "events[0].topic"),
        ("3", "events[0]: must be an object with a topic, not the number 3"),
      ])
    func manifest(event: String, words: String) throws {
      let text =
        #"{"id": "x", "version": "1.0.0", "abi": "1.0", "permissions": {"publish": ["order.*"]}, "events": [\#(event)]}"#
      let error = #expect(throws: ManifestError.self) { try Manifest(parsing: Array(text.utf8)) }
      #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }

    @Test(
      "and names what is wrong with a declaration in the configuration",
      arguments: [
        (#"{topic: "a", schema: {not: {}}}"#, "'a': schema at /not: the keyword \"not\""),
        (#"{topic: "a", enforce: "always"}"#, "not \"always\""),
        (#"{topic: "a", shema: {}}"#, "did you mean \"schema\"?"),
        (#"{topic: "a", schema: {}, file: "b"}"#, "has both"), (#"{schema: {}}"#, "needs a string"),
      ])
    func configured(type: String, words: String) throws {
      var loader = ConfigurationLoader()
      loader.add(
        file: Array("{events: {enforceSchemas: \"refuse\", types: [\(type)]}}".utf8),
        path: "dovetail.json")
      let error = #expect(throws: ConfigurationError.self) { try loader.load() }
      #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }

    @Test("by a file of the configuration")
    func file() throws {
      let folder = TemporaryDirectory()
      try TestFile.write(folder.file("bad.json"))
      #expect(throws: OperationError.self) {
        try HostFixture { $0.eventTypes = [.init(topic: "t", file: folder.file("bad.json"))] }
      }
      try Data(Self.whole.utf8).write(to: URL(filePath: folder.file("whole.json")))
      let fixture = try HostFixture {
        $0.eventTypes = [
          .init(topic: "t", file: folder.file("whole.json"), enforce: .refuse)
        ]
      }
      #expect(throws: OperationError.self) { try fixture.publish("t", "x") }
    }
  }
}
