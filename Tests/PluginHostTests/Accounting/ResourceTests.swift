import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("tells what its plugins use", .serialized)
  struct ResourceTests {
    /// Uses a second of processor time for each event of `work`; holds events of `wait` until one of `go`.
    private static let worker = ProbePlugin("worker")
      .declaring(
        """
        #include <time.h>
        static _Atomic int gate;
        static double used(void) {
          struct timespec t;
          clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
          return t.tv_sec + t.tv_nsec / 1e9;
        }
        static int32_t on_work(void *c, const dvt_event *e, const dvt_error_sink *s) {
          for (double begin = used(); used() < begin + 1;) {}
          trace("worked");
          return DVT_OK;
        }
        static int32_t on_wait(void *c, const dvt_event *e, const dvt_error_sink *s) {
          while (!gate) usleep(1000);
          return DVT_OK;
        }
        static int32_t on_go(void *c, const dvt_event *e, const dvt_error_sink *s) {
          gate = 1;
          return DVT_OK;
        }
        """
      )
      .doing(
        "init",
        """
        subscribe("work", "work", on_work, DVT_DELIVERY_ASYNC);
        subscribe("wait", "wait", on_wait, DVT_DELIVERY_ASYNC);
        subscribe("go", "go", on_go, 0);
        """)

    private func used(_ fixture: HostFixture, _ id: String) throws -> ResourceReport {
      try #require(try fixture.host.info(id).resources)
    }

    @Test("by processor, right on average")
    func processor() throws {
      let fixture = try HostFixture([Self.worker, ProbePlugin("idle")])
      for _ in 0..<2 { try fixture.publish("work") }
      let isDone = fixture.wait(seconds: 60) {
        fixture.trace(of: "worker").filter { $0 == "worked" }.count == 2
      }
      #expect(isDone)
      let seconds = try used(fixture, "worker").cpuSeconds
      #expect(seconds > 1.5 && seconds < 2.3, "\(seconds)")
      #expect(try used(fixture, "idle").cpuSeconds < 0.1)
      let metric = try fixture.host.metrics().first {
        $0.name == "dovetail_plugin_cpu_seconds_total" && $0.labels["plugin"] == "worker"
      }
      #expect(metric.map { $0.value >= seconds } == true)
    }

    @Test("by handles, and by bytes that wait")
    func queues() throws {
      let fixture = try HostFixture([Self.worker])
      #expect(try used(fixture, "worker").handles == 3)
      let payload = String(repeating: "x", count: 1_000)
      for _ in 0..<101 { try fixture.publish("wait", payload) }
      #expect(try fixture.wait { try used(fixture, "worker").queuedEvents == 100 })
      // Each report looks at the queue anew.
      #expect(
        try fixture.wait { (100_000..<200_000).contains(try used(fixture, "worker").queuedBytes) })
      try fixture.publish("go")
      #expect(try fixture.wait { try used(fixture, "worker").queuedBytes == 0 })
      #expect(try used(fixture, "worker").workerBytes == nil)
    }

    @Test("and warns once when that is more than a budget allows")
    func budgets() throws {
      let fixture = try HostFixture([Self.worker, ProbePlugin("idle")]) {
        $0.health.interval = 10
        $0.budget.handles = 2
        $0.budget.cpuPercent = 5
        $0.budget.plugins = ["idle": .object(["handles": .int(1)])]
      }
      func warnings() throws -> [JSON] {
        try fixture.host.recentEvents(pattern: "plugin.budget", limit: 100)
          .map { try JSON(parsing: $0.payload.bytes) }
      }
      #expect(try fixture.wait { try !warnings().isEmpty })
      for _ in 0..<3 { try fixture.publish("work") }
      #expect(
        try fixture.wait(seconds: 60) {
          try warnings().contains { $0["resource"]?.string == "cpu" }
        })
      let told = try warnings()
      #expect(told.count { $0["resource"]?.string == "handles" } == 1, "\(told)")
      #expect(told.first?["used"]?.int == 3)
      #expect(told.first?["budget"]?.int == 2)
      #expect(
        fixture.log.contains {
          $0.contains("uses more than its budget allows: 3 of 2 handles")
        })
      let about = try fixture.host.recentEvents(pattern: "plugin.budget", limit: 100)
      #expect(Set(about.compactMap(\.subject)) == ["worker"])
    }
  }
}
