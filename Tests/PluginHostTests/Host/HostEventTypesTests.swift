import EventBus
import FoundationEssentials
import HostSupport
import MetadataStore
import TestSupport
import Testing

import struct PluginSDK.Event
import struct PluginSDK.EventType
import enum HostEventTypes.HostEvents

@testable import PluginHost

extension HostSuite {
  @Suite("says of itself what it declares", .serialized)
  struct HostEventTypes {
    /// Reads an event as a plugin in Swift would; answers whether the SDK knows the topic.
    private func read(_ report: EventReport) throws -> Bool {
      let event = Event(data: report.payload.bytes, contentType: report.payload.contentType)
      func take<Payload>(_ type: PluginSDK.EventType<Payload>) throws {
        _ = try type.payload(of: event)
      }
      switch report.type {
      case HostEvents.systemPreStartup.topic: try take(HostEvents.systemPreStartup)
      case HostEvents.systemStartup.topic: try take(HostEvents.systemStartup)
      case HostEvents.systemShutdown.topic: try take(HostEvents.systemShutdown)
      case HostEvents.systemPostShutdown.topic: try take(HostEvents.systemPostShutdown)
      case HostEvents.systemRetiredBudget.topic: try take(HostEvents.systemRetiredBudget)
      case HostEvents.systemSafeMode.topic: try take(HostEvents.systemSafeMode)
      case HostEvents.pluginBudget.topic: try take(HostEvents.pluginBudget)
      case HostEvents.healthHost.topic: try take(HostEvents.healthHost)
      case HostEvents.healthChanged.topic: try take(HostEvents.healthChanged)
      case HostEvents.healthAction.topic: try take(HostEvents.healthAction)
      case HostEvents.pluginDiscovered.topic: try take(HostEvents.pluginDiscovered)
      case HostEvents.pluginLoaded.topic: try take(HostEvents.pluginLoaded)
      case HostEvents.pluginActive.topic: try take(HostEvents.pluginActive)
      case HostEvents.pluginFailed.topic: try take(HostEvents.pluginFailed)
      case HostEvents.pluginCrashed.topic: try take(HostEvents.pluginCrashed)
      case HostEvents.pluginReloaded.topic: try take(HostEvents.pluginReloaded)
      case HostEvents.pluginRestarted.topic: try take(HostEvents.pluginRestarted)
      case HostEvents.pluginRolledBack.topic: try take(HostEvents.pluginRolledBack)
      case HostEvents.pluginUnloaded.topic: try take(HostEvents.pluginUnloaded)
      case HostEvents.pluginQuarantined.topic: try take(HostEvents.pluginQuarantined)
      case HostEvents.metadataChanged.topic: try take(HostEvents.metadataChanged)
      case HostEvents.metadataResync.topic: try take(HostEvents.metadataResync)
      case HostEvents.breakerOpened.topic: try take(HostEvents.breakerOpened)
      case HostEvents.breakerHalfOpen.topic: try take(HostEvents.breakerHalfOpen)
      case HostEvents.breakerClosed.topic: try take(HostEvents.breakerClosed)
      case HostEvents.busLag.topic: try take(HostEvents.busLag)
      case HostEvents.busHandlerTimeout.topic: try take(HostEvents.busHandlerTimeout)
      case HostEvents.busRecorderSuspended.topic: try take(HostEvents.busRecorderSuspended)
      case HostEvents.busRecorderResumed.topic: try take(HostEvents.busRecorderResumed)
      case _ where report.type.hasPrefix("loss."): try take(HostEvents.loss)
      default: return false
      }
      return true
    }

    /// Holds every event that the host keeps against what it declares of it; answers which topics there were.
    private func check(_ fixture: HostFixture) throws -> Set<String> {
      let declared = fixture.host.core.bus.types.map(\.type.declaration)
      var topics: Set<String> = []
      let all = try fixture.host.recentEvents(pattern: ">", limit: 10_000)
      for report in all where report.type != "t" {
        #expect(try read(report), "the SDK does not know \(report.type)")
        let matching = declared.filter { $0.pattern.matches(report.type) }
        #expect(matching.count == 1, "\(report.type) is declared \(matching.count) times")
        guard let declaration = matching.first, let schema = declaration.schema else { continue }
        #expect(report.payload.contentType == declaration.contentType)
        #expect(schema.violation(in: report.payload.bytes.span) == nil, "\(report.type)")
        let known = schema.json["properties"]?.object?.keys.sorted() ?? []
        let found = try JSON(parsing: report.payload.bytes).object?.keys.sorted() ?? []
        #expect(Set(found).isSubset(of: known), "\(report.type) has \(found)")
        topics.insert("\(declaration.pattern)")
      }
      return topics
    }

    private static func plugin(_ version: String, _ start: String = "") -> ProbePlugin {
      ProbePlugin("p", version: version)
        .declaring(
          """
          static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) {
            if (e->data.len > 5) __builtin_trap();
            usleep(100000); return DVT_OK;
          }
          static int32_t serve(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) { return DVT_FAILED; }
          static int32_t heard(void *c, const dvt_event *e, const dvt_error_sink *s) { return DVT_OK; }
          """
        )
        .doing(
          "init",
          """
          \(start)
          provide("p.x", serve);
          dvt_subscription o = {HEADER(dvt_subscription), .pattern = S("t"), .delivery = DVT_DELIVERY_ASYNC,
                                .overflow = DVT_OVERFLOW_DROP_NEWEST, .capacity = 1, .timeout_ms = 1};
          dvt_handle h;
          FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, on, 0, &h, &errors);
          dvt_subscription changes = {HEADER(dvt_subscription), .pattern = S("metadata.>")};
          FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &changes, heard, 0, &h, &errors);
          """)
    }

    @Test("in every event of a life with failures, which the SDK reads")
    func everyEvent() throws {
      let fixture = try HostFixture([Self.plugin("1.0.0")], startsSafely: "no-plugins") {
        configuration in
        configuration.retiredBudget.images = 1
        configuration.health.interval = 10
        configuration.services = [
          "p.x": .object(["breaker": .object(["consecutiveFailures": .int(1)])])
        ]
      }
      _ = try fixture.host.leaveSafeMode(deadline: .soon)
      #expect(throws: OperationError.self) { try fixture.call("p.x") }  // its breaker opens
      for _ in 0..<4 { try fixture.publish("t", "x") }
      _ = try fixture.host.metaPut(collection: "c", key: "k", value: .int(1), version: nil)
      let isLate = try fixture.wait {
        try !fixture.host.recentEvents(pattern: "bus.handler.timeout", limit: 1).isEmpty
          && !fixture.host.recentEvents(pattern: "loss.*", limit: 1).isEmpty
          && !fixture.host.recentEvents(pattern: "health.changed", limit: 1).isEmpty
      }
      #expect(isLate)
      try fixture.replace(Self.plugin("2.0.0"))  // it is half-open
      _ = try fixture.host.change(breakers: .all, .close)
      #expect(throws: OperationError.self) {
        try fixture.replace(Self.plugin("3.0.0", "return fail(error, \"no\");"))
      }
      try fixture.publish("t", "trapped")
      #expect(
        try fixture.wait {
          try !fixture.host.recentEvents(pattern: "plugin.quarantined", limit: 1).isEmpty
            && !fixture.host.recentEvents(pattern: "plugin.unloaded", limit: 1).isEmpty
        })
      fixture.host.events.publish(changed: .resync(from: 7))
      try fixture.end()
      let topics = try check(fixture)
      let all = Set(fixture.host.core.bus.types.map { "\($0.type.declaration.pattern)" })
      // What takes a full disk, images that stay mapped, a plugin that stays ill, or a worker that ends.
      let seldom: Set = [
        "dead.>", "system.retired_budget", "bus.recorder.suspended", "bus.recorder.resumed",
        "health.action", "health.host", "plugin.budget", "plugin.restarted",
      ]
      #expect(all.subtracting(topics).subtracting(seldom) == [])
    }

    @Test("for every topic that its sources publish")
    func everyTopic() throws {
      let root = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
      let sources = "\(root)/Sources/PluginHost"
      let declared = try PluginHost.HostEventTypes.declarations().map(\.pattern)
      var found = 0
      for file in try FileManager.default.subpathsOfDirectory(atPath: sources)
      where file.hasSuffix(".swift") {
        let bytes = try Data(contentsOf: URL(filePath: "\(sources)/\(file)"))
        let text = String(decoding: bytes, as: UTF8.self)
        for match in text.matches(of: /(?:publish|publishHere|objection)\(\s*(?:to: )?"([a-z._]+)"/)
        {
          found += 1
          #expect(declared.contains { $0.matches(String(match.output.1)) }, "\(match.output.1)")
        }
      }
      #expect(found > 15)
    }

    @Test("and is not held against it at publish, unless an operator says so")
    func notEnforced() throws {
      let fixture = try HostFixture { $0.enforceSchemas = .refuse }
      #expect(fixture.host.core.bus.types.allSatisfy { $0.policy == .off })
      try fixture.publish("plugin.failed", "x")
      try fixture.reconfigure { $0.eventTypes = [.init(topic: "plugin.failed", enforce: .refuse)] }
      #expect(throws: OperationError.self) { try fixture.publish("plugin.failed", "x") }
    }
  }
}
