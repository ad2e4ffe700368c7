import PluginHost

extension FakeHost {
  func health(_ id: String?) throws(OperationError) -> HealthReport {
    var hello = PluginHealthReport(
      plugin: "hello", state: "degraded", reason: "the cache is cold", action: "restart")
    hello.since = "2026-01-01T00:00:01.000Z"
    hello.checked = "2026-01-01T00:00:09.000Z"
    hello.milliseconds = 1.25
    hello.checks = 9
    hello.history = [
      .init(time: "2026-01-01T00:00:00.000Z", state: "healthy"),
      .init(time: "2026-01-01T00:00:01.000Z", state: "degraded", reason: "the cache is cold"),
    ]
    var broken = PluginHealthReport(
      plugin: "broken", state: "unhealthy", reason: "it failed in init: no such file",
      action: "none")
    broken.checks = 0
    let plugins = [broken, hello].filter { id == nil || $0.plugin == id }
    guard !plugins.isEmpty else { throw FakeHost.missing(id ?? "") }
    return HealthReport(
      name: "fake", status: "degraded", live: true, ready: false,
      reasons: ["sql, which is required, is failed"], plugins: plugins)
  }
}
