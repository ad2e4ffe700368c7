import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("routes events as a plugin says", .serialized)
  struct RoutingByCall {
    private static let free =
      #""permissions": {"publish": ["audit.>"], "subscribe": [">"], "intercept": ["order.>"]}"#

    private static let reader = ProbePlugin("reader")
      .declaring(
        """
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
          char text[300]; snprintf(text, sizeof text, "got %.*s %.*s from %.*s", (int)e->type.len, (const char *)e->type.ptr,
            (int)e->data.len, (const char *)e->data.ptr, (int)e->source.len, (const char *)e->source.ptr);
          trace(text); return DVT_OK;
        }
        """
      ).doing("init", "return subscribe(\">\", \"all\", on, DVT_DELIVERY_SYNC);")

    /// A plugin that does `body` in `init`, with `r` (a copy from `order.*` to `audit.x`), `h` and `f`.
    private static func router(
      version: String = "1.0.0", permissions: String = free, _ body: String
    ) -> ProbePlugin {
      ProbePlugin("router", version: version).with(permissions)
        .declaring("static dvt_handle h;")
        .doing(
          "init",
          """
          const dvt_routes *f = FACE(DVT_ROUTES_INTERFACE, dvt_routes);
          dvt_route r = {HEADER(dvt_route), .from = S("order.*"), .to = S("audit.x"), .name = S("n")};
          \(body)
          """)
    }

    private func got(_ fixture: HostFixture) -> [String] {
      fixture.trace(of: "reader").filter {
        $0.hasPrefix("got order") || $0.hasPrefix("got audit")
      }
    }

    @Test("copied or moved, where they meet its conditions, and says whose route it is")
    func routes() throws {
      let fixture = try HostFixture([
        Self.reader,
        Self.router(
          """
          dvt_filter filters[] = {{.field = S("subject"), .value = S("x"), .test = DVT_FILTER_NOT_EQUAL}};
          told("copy", f->add(host, &r, &h, &errors));
          r.to = S("audit.y"); r.name = S(""); r.mode = DVT_ROUTE_MOVE; r.filters = filters; r.filter_count = 1;
          told("move", f->add(host, &r, &h, &errors));
          """),
      ])
      try fixture.publish("order.new", "7")
      let report = try fixture.host.routes()
      #expect(report.map(\.owner) == ["router", "router"])
      #expect(report.map(\.name) == ["n", "order.*#1"])
      #expect(report.map(\.routed) == [1, 1])
      #expect(got(fixture) == ["got audit.x 7 from dovetail", "got audit.y 7 from dovetail"])
    }

    @Test("and takes them no more once the route is removed, once")
    func removed() throws {
      let fixture = try HostFixture([
        Self.reader,
        Self.router(
          """
          f->add(host, &r, &h, &errors);
          told("remove", f->remove(host, h, &errors)); told("again", f->remove(host, h, &errors));
          """),
      ])
      try fixture.publish("order.new", "7")
      #expect(got(fixture) == ["got order.new 7 from dovetail"])
      let told = fixture.trace(of: "router")
      #expect(told.contains("remove 0") && told.contains { $0.hasPrefix("again 6") })
      #expect(try fixture.host.routes().isEmpty)
    }

    @Test("only where the manifest permits to read, to write and, to move, to intercept")
    func permissions() throws {
      let fixture = try HostFixture([
        Self.router(
          permissions: #""permissions": {"publish": ["audit.x"], "subscribe": ["order.*"]}"#,
          """
          told("copy", f->add(host, &r, &h, &errors));
          r.name = S(""); r.mode = DVT_ROUTE_MOVE; told("move", f->add(host, &r, &h, &errors));
          r.mode = 0; r.to = S("audit.y"); told("write", f->add(host, &r, &h, &errors));
          r.to = S("audit.x"); r.from = S(">"); told("read", f->add(host, &r, &h, &errors));
          """)
      ])
      let told = fixture.trace(of: "router")
      #expect(told.contains("copy 0"))
      for (what, key, name) in [
        ("move 7 plugin router may not intercept", "intercept", "order.*"),
        ("write 7 plugin router may not publish to", "publish", "audit.y"),
        ("read 7 plugin router may not subscribe to", "subscribe", ">"),
      ] {
        #expect(
          told.contains(
            "\(what) '\(name)'; add \"permissions\": {\"\(key)\": [\"\(name)\"]} to its plugin.json"
          ),
          "\(told)")
      }
    }

    @Test("and names what is wrong with a rule")
    func wrong() throws {
      let fixture = try HostFixture([
        Self.router(
          """
          told("first", f->add(host, &r, &h, &errors)); told("name", f->add(host, &r, &h, &errors));
          r.name = S("m"); r.mode = 2; told("mode", f->add(host, &r, &h, &errors));
          r.mode = 0; r.to = S("audit.*"); told("to", f->add(host, &r, &h, &errors));
          r.to = S("audit.x"); r.from = S("audit.>"); told("circle", f->add(host, &r, &h, &errors));
          r.struct_size = 8; told("size", f->add(host, &r, &h, &errors));
          """)
      ])
      let told = fixture.trace(of: "router")
      for words in [
        "first 0", "name 5 there is a registration named 'n' already",
        "mode 2 mode is 2, expected DVT_ROUTE_COPY or DVT_ROUTE_MOVE",
        "to 2 topic 'audit.*' has a character",
        "circle 2 the route audit.> → audit.x leads back to where it begins",
        "size 2 dvt_route.struct_size is 8",
      ] {
        #expect(told.contains { $0.hasPrefix(words) }, "\(words): \(told)")
      }
    }

    @Test("until a reload replaces the route, which goes on counting, or the plugin is unloaded")
    func reloaded() throws {
      let add = "return f->add(host, &r, &h, &errors);"
      let fixture = try HostFixture([Self.reader, Self.router(add)])
      try fixture.publish("order.new", "1")
      try fixture.replace(Self.router(version: "2.0.0", "r.to = S(\"audit.z\"); \(add)"))
      try fixture.publish("order.new", "2")
      #expect(try fixture.host.routes().map(\.routed) == [2])
      _ = try fixture.host.unload("router", deadline: .soon)
      try fixture.publish("order.new", "3")
      #expect(
        got(fixture) == [
          "got audit.x 1 from dovetail", "got order.new 1 from dovetail",
          "got audit.z 2 from dovetail", "got order.new 2 from dovetail",
          "got order.new 3 from dovetail",
        ])
      #expect(try fixture.host.routes().isEmpty)
    }
  }
}
