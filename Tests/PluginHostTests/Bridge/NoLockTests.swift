import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("holds no lock while plugin code runs", .serialized)
  struct NoLock {
    private let fixture: HostFixture
    private let onlooker: Onlooker

    init() throws {
      fixture = try HostFixture([Onlooker.helper]) {
        $0.lifecycleDeadline = 20_000
        $0.probation.seconds = 600
        $0.health.interval = 0  // but on probation
      }
      onlooker = Onlooker(
        fixture.host, guest: try fixture.put(ProbePlugin("guest"), in: "elsewhere"))
      try fixture.put(.everywhere())
      for place in Self.all { try letGo(place) }
    }

    private static let all =
      phases + [
        "sync", "async", "service", "timer", "watch", "completion", "job", "receiver", "sink",
        "error-sink", "host-event",
      ]
    private static let phases = [
      "pre_init", "init", "post_init", "quiesce", "resume", "save_state", "restore_state",
      "health", "metrics", "pre_cleanup", "cleanup",
    ]

    private func file(_ stem: String, _ place: String) -> String {
      fixture.directory.file("trace.\(stem).\(place)")
    }

    private func letGo(_ place: String) throws { try TestFile.write(file("go", place)) }

    /// Sets something off that leads through places, and looks on at each of them.
    private func stop(
      at places: [String], loads: Bool = true, _ trigger: @escaping @Sendable (Host) -> Void
    ) throws {
      for place in places {
        _ = unsafe unlink(file("in", place))
        _ = unsafe unlink(file("go", place))
      }
      let isDone = Monitor(false)
      try Thread(name: "trigger") { [host = fixture.host] in
        trigger(host)
        isDone.update { $0 = true }
      }.detach()
      for place in places {
        let path = file("in", place)
        #expect(fixture.wait { FileStatus.exists(path) }, "\(place) was not reached")
        #expect(onlooker.problem(loads: loads) == nil, "while \(place) does not return")
        try letGo(place)
      }
      #expect(isDone.wait(until: .soon) { $0 ? true : nil } == true, "\(places) did not end")
      #expect(!fixture.trace.contains { $0.contains("starved") })
    }

    @Test("promise 9: the host answers while a plugin is on its way up, is replaced, or ends")
    func phases() throws {
      try stop(at: ["pre_init", "init", "post_init"], loads: false) {
        _ = try? $0.load("prober", deadline: .soon)
      }
      try fixture.put(.everywhere(version: "2.0.0"))
      try stop(
        at: [
          "pre_init", "quiesce", "save_state", "init", "restore_state", "post_init", "health",
        ], loads: false
      ) { _ = try? $0.reload("prober", dryRun: false, deadline: .soon) }
      try fixture.put(.everywhere(version: "3.0.0", failing: true))
      try stop(at: ["resume"], loads: false) {
        _ = try? $0.reload("prober", dryRun: false, deadline: .soon)
      }
      #expect(try fixture.host.info("prober").version == "2.0.0")
      try stop(at: ["pre_cleanup", "cleanup"], loads: false) {
        _ = try? $0.unload("prober", deadline: .soon)
      }
    }

    @Test("promise 9: the host answers while an event, a call, a timer or a job is being handled")
    func handlers() throws {
      _ = try fixture.host.load("prober", deadline: .soon)
      for topic in ["sync", "async"] {
        try stop(at: [topic]) {
          _ = try? $0.publish(type: "probe.\(topic)", payload: Payload(), subject: nil)
        }
      }
      try stop(at: ["service"]) {
        _ = try? $0.call(service: "probe.service", payload: Payload(), deadline: .soon)
      }
      for order in ["timer", "job"] { try stop(at: [order]) { Self.order(order, $0) } }
      try stop(at: ["metrics"]) { _ = try? $0.metrics() }
    }

    @Test("promise 9: the host answers while a plugin looks at what it asked for")
    func answers() throws {
      _ = try fixture.host.load("prober", deadline: .soon)
      for order in ["receiver", "sink", "error-sink"] {
        try stop(at: [order]) { Self.order(order, $0) }
      }
    }

    @Test("promise 9: the host answers while a watch, a completion, a host event is handled")
    func reports() throws {
      _ = try fixture.host.load("prober", deadline: .soon)
      try stop(at: ["watch"]) {
        _ = try? $0.metaPut(collection: "prober", key: "watched", value: .int(1), version: nil)
      }
      try stop(at: ["completion"]) {
        _ = try? $0.publish(type: "probe.last", payload: Payload(), subject: nil)
      }
      let late = try fixture.put(ProbePlugin("late"), in: "elsewhere")
      try stop(at: ["host-event"]) { _ = try? $0.load(late, deadline: .soon) }
    }

    private static func order(_ what: String, _ host: Host) {
      _ = try? host.call(
        service: "probe.order", payload: Payload(Array(what.utf8), contentType: "text/plain"),
        deadline: .soon)
    }
  }
}
