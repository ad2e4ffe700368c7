import ControlPlane
import HostSupport
import PluginHost

extension FakeHost {
  func hostReport() throws(OperationError) -> HostReport {
    HostReport(
      name: "fake", version: HostVersion.text, pid: 1, stateDirectory: "/state", socket: "/socket")
  }
  func list() throws(OperationError) -> [PluginReport] {
    note("list")
    return [FakeHost.broken, FakeHost.hello]
  }
  func info(_ id: String) throws(OperationError) -> PluginReport {
    guard id == "hello" else { throw FakeHost.missing(id) }
    return FakeHost.hello
  }
  func why(_ id: String) throws(OperationError) -> Explanation {
    guard id == "broken" else { throw FakeHost.missing(id) }
    return Explanation(
      id: id, state: "failed",
      chain: ["init failed.", "It could not open /etc/x: No such file or directory."],
      fix: "create /etc/x, then `dovetail load broken`")
  }
  func graph() throws(OperationError) -> GraphReport {
    GraphReport(
      nodes: [.init(id: "hello", version: "1.2.0", state: "active")],
      edges: [.init(from: "hello", to: "log", kind: "requires", range: "^1", satisfied: false)])
  }
  func plan() throws(OperationError) -> PlanReport {
    PlanReport(
      order: ["hello"],
      steps: [
        .init(
          plugin: "hello", action: .reload, fromVersion: "1.2.0", toVersion: "1.3.0",
          reason: "its file changed")
      ])
  }
  func load(_ pathOrID: String, deadline: Deadline) throws(OperationError) -> OperationReport {
    note("load \(pathOrID)")
    let open: Bool? = gate.wait(until: deadline) { $0 ? true : nil }
    guard open != nil else { throw OperationError(.timeout, "loading took too long") }
    var change = OperationReport.Change(plugin: "hello", action: "loaded", state: "active")
    change.toGeneration = 1
    change.toVersion = "1.2.0"
    return OperationReport(operation: "load", changes: [change], milliseconds: 1.25)
  }
  func unload(_ id: String, deadline: Deadline) throws(OperationError) -> OperationReport {
    throw OperationError(
      .blocked, plugin: id, "hello is required by greeter, which is active",
      advice: "unload greeter first")
  }
  func reload(
    _ id: String, dryRun: Bool, place: HostConfiguration.Isolation.Place?, deadline: Deadline
  ) throws(OperationError) -> OperationReport {
    note("reload \(id) dryRun=\(dryRun)" + (place.map { " \($0.rawValue)" } ?? ""))
    if dryRun { return OperationReport(operation: "reload", plan: try plan()) }
    var change = OperationReport.Change(plugin: id, action: "reloaded", state: "active")
    change.fromGeneration = 1
    change.toGeneration = 2
    change.fromVersion = "1.0.0"
    change.toVersion = "2.0.0"
    change.pauseMilliseconds = 0.456
    change.unload = UnloadReport(.retired, reasons: ["has Swift metadata"])
    return OperationReport(
      operation: "reload", changes: [change], milliseconds: 12, warnings: ["the budget is near"])
  }
  func rollback(_ id: String, deadline: Deadline) throws(OperationError) -> OperationReport {
    throw OperationError(.refused, plugin: id, "\(id) has no earlier build")
  }
  func routes() throws(OperationError) -> [RouteReport] {
    [
      RouteReport(
        from: "order.*", filter: ["subject prefix \"eu-\""], to: "audit.orders", mode: "copy",
        owner: "dovetail", name: "order.*#1", routed: 3, loops: 0)
    ]
  }
  func quarantineList() throws(OperationError) -> [QuarantineReport] {
    [
      QuarantineReport(
        contentHash: "0123456789abcdef", plugin: "crasher", cause: "SIGSEGV in init",
        since: "2026-01-01T00:00:00.000Z")
    ]
  }
  func quarantineWhy(_ idOrHash: String) throws(OperationError) -> QuarantineReport {
    guard let build = try quarantineList().first(where: { $0.plugin == idOrHash }) else {
      throw OperationError(.notFound, "no quarantined build is called \"\(idOrHash)\"")
    }
    return build
  }
  func quarantineClear(_ idOrHash: String?) throws(OperationError) -> [QuarantineReport] {
    note("clear \(idOrHash ?? "all")")
    return try quarantineList()
  }
  func publish(
    type: String, payload: Payload, subject: String?
  ) throws(OperationError) -> PublishReport {
    let data = String(decoding: payload.bytes, as: UTF8.self)
    note("publish \(type) \(payload.contentType) \(data) \(subject ?? "-")")
    return PublishReport(type: type, sequence: 7, deliveries: 2)
  }
  func call(
    service: String, payload: Payload, deadline: Deadline
  ) throws(OperationError) -> Payload {
    guard service == "echo" else {
      throw OperationError(.notFound, "no plugin offers the service \"\(service)\"")
    }
    return payload
  }
  func recentEvents(pattern: String, limit: Int) throws(OperationError) -> [EventReport] {
    var event = EventReport(
      id: "1", source: "hello", type: "demo.one",
      payload: Payload(Array(#"{"a":1}"#.utf8), contentType: "application/json"))
    event.time = "2026-01-01T00:00:00.000Z"
    return [event]
  }
  func tap(
    pattern: String, _ handler: @escaping @Sendable (EventReport) -> Void
  ) throws(OperationError) -> Cancellation {
    guard pattern != "bad pattern" else { throw OperationError(.invalid, "not a pattern") }
    let number = state.update { state in
      state.next += 1
      state.taps[state.next] = handler
      return state.next
    }
    return Cancellation { [self] in state.update { $0.taps[number] = nil } }
  }
  func metaGet(collection: String, key: String) throws(OperationError) -> RecordReport {
    guard key == "limit" else {
      throw OperationError(.notFound, "\(collection) has no record \"\(key)\"")
    }
    return RecordReport(
      collection: collection, key: key, value: .object(["max": .int(10)]), version: 3, created: 1,
      modified: 9)
  }
  func metaPut(
    collection: String, key: String, value: JSON, version: UInt64?
  ) throws(OperationError) -> RecordReport {
    if let version, version != 3 {
      throw OperationError(
        .conflict, "\(collection)/\(key) has version 3, not \(version)",
        advice: "read it again and repeat the change")
    }
    return RecordReport(
      collection: collection, key: key, value: value, version: 4, created: 1, modified: 10)
  }
  func metaList(collection: String, prefix: String) throws(OperationError) -> [RecordReport] {
    [try metaGet(collection: collection, key: "limit")]
  }
  func metaSwitch(
    provider: String, _ tell: @escaping @Sendable (SwitchProgress) -> Void
  ) throws(OperationError) -> Cancellation {
    tell(SwitchProgress(.copying, provider: provider, records: 1, total: 2))
    tell(SwitchProgress(.done, provider: provider, records: 2, total: 2))
    return Cancellation {}
  }

  func metaWatch(
    collection: String, prefix: String, from revision: UInt64?,
    _ handler: @escaping @Sendable (RecordReport) -> Void
  ) throws(OperationError) -> Cancellation {
    let number = state.update { state in
      state.next += 1
      state.watches[state.next] = handler
      return state.next
    }
    return Cancellation { [self] in state.update { $0.watches[number] = nil } }
  }
  func metrics() throws(OperationError) -> [MetricReport] {
    [
      MetricReport("events_published_total", .counter, 1_234),
      MetricReport("queue_depth", .gauge, 0.5, labels: ["plugin": "hello"]),
    ]
  }
  func session() throws(OperationError) -> SessionReport {
    let before = SessionReport.Run(
      started: "2026-01-01T00:00:00.000Z", name: "fake", version: "0.0.9", pid: 7,
      configuration: ["log.level": .string("debug"), "settings": .array([.string("hello")])])
    var run = before
    run.started = "2026-01-02T00:00:00.000Z"
    run.version = HostVersion.text
    run.pid = 8
    run.configuration = ["settings": .array([.string("hello")]), "topics": .int(500)]
    return SessionReport(run: run, before: before)
  }
  func metricsHistory(
    _ series: String, from: Int64, limit: Int
  ) throws(OperationError) -> MetricHistoryReport {
    guard series != "dovetail_queue_depth" else {
      throw OperationError(.refused, "the provider 'file' keeps no history of figures")
    }
    note("metricsHistory \(series) \((LogTime.now() - from) / 60_000_000_000) min \(limit)")
    let samples = series.contains("none") ? [] : [0.5, 3]
    return MetricHistoryReport(
      series: series,
      samples: samples.map { .init(time: "2026-01-01T00:00:00.000Z", value: $0) },
      omitted: samples.isEmpty ? 0 : 7)
  }
  func stop() throws(OperationError) {
    note("stop")
    state.withLock { $0.onStop }?()
  }
}
