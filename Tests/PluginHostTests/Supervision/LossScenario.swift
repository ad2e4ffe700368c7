import HostSupport
import MetadataStore
import TestSupport

@testable import PluginHost

/// Makes a host lose something in one of the ways that there are.
struct LossScenario {
  let fixture: HostFixture
  private let loss: Loss

  init(_ loss: Loss) throws {
    self.loss = loss
    fixture = try HostFixture(canLog: loss != .logLineLost) { configuration in
      configuration.gateDeadline = 100
      configuration.drainDeadline = 300
      switch loss {
      case .lifecycleTimeout: configuration.lifecycleDeadline = 100
      case .routeLoop:
        configuration.routes = [HostConfiguration.Route(from: "loser.x", to: "loser.y")]
      case .eventUnrecorded:
        configuration.recording.patterns = ["t.x"]
        configuration.recording.maxBytes = 1 << 20
      case .deadLetterDropped: configuration.deadLetters.count = 0
      case .eventUnfit: configuration.enforceSchemas = .refuse
      case .publishLimited: configuration.limits.publishRate = 1
      case .callRejected:
        configuration.services = [
          "s": .object(["breaker": .object(["consecutiveFailures": .int(1)])])
        ]
      case .callLimited:
        configuration.services = ["s": .object(["rateLimit": .object(["calls": .int(1)])])]
      case .probationOverflow:
        configuration.probation.seconds = 60
        configuration.probation.bytes = 1
      default: break
      }
    }
  }

  /// What the plugin does at `init`, and in its one handler, which an event `t`, a service `s` and a record of `loser` run.
  private func loser(
    _ version: String = "1.0.0", init start: String = "", handler: String = "", more: String = ""
  ) -> ProbePlugin {
    ProbePlugin.meddling("loser", version: version).with(more.isEmpty ? #""author": "x""# : more)
      .declaring(
        """
        static int32_t act(const dvt_error_sink *s) { \(handler); return DVT_OK; }
        static int32_t on(void *c, const dvt_event *e, const dvt_error_sink *s) { return act(s); }
        static int32_t serve(void *c, const dvt_request *r, const dvt_sink *to, const dvt_error_sink *s) { return act(s); }
        static int32_t changed(void *c, const dvt_record *r) { return act(0); }
        static void work(void *c) { act(0); }
        static int32_t judge(void *c, const dvt_exchange *x, const dvt_verdict *v, const dvt_error_sink *s) { return act(s); }
        """
      )
      .doing("init", start)
  }

  private static let sync = "subscribe(\"t.>\", \"t\", on, DVT_DELIVERY_SYNC);"
  private static let async = "subscribe(\"t.>\", \"t\", on, DVT_DELIVERY_ASYNC);"

  private func start(_ plugin: ProbePlugin) throws {
    try fixture.put(plugin)
    _ = try? fixture.host.load("loser", deadline: .soon)
  }

  private func publish(_ topic: String = "t.x") { try? fixture.publish(topic, "x") }

  private func inBackground(_ body: @escaping @Sendable (Host) -> Void) throws {
    try Thread(name: "background") { [host = fixture.host] in body(host) }.detach()
  }

  private func reach(_ place: String) -> Bool {
    fixture.wait { FileStatus.exists(fixture.directory.file("trace.in.\(place)")) }
  }

  /// Lets whoever waits at a place go on.
  func letGo() throws {
    for place in ["handler", "init"] {
      try TestFile.write(fixture.directory.file("trace.go.\(place)"))
    }
  }

  /// Reloads, and does something while the gates are closed.
  private func whileReloading(_ handler: String, _ body: () -> Void) throws {
    try start(loser(init: handler))
    try fixture.put(loser("2.0.0", init: "at(\"init\");"))
    try inBackground { _ = try? $0.reload("loser", dryRun: false, deadline: .soon) }
    guard reach("init") else { return }
    body()
    try letGo()
  }

  /// Lets it happen.
  func run() throws {
    switch loss {
    case .eventDropped, .eventCoalesced, .handlerFailed, .handlerTimeout, .eventDead,
      .eventOrphaned,
      .deadLetterDropped, .hostEventDropped, .tooDeep:
      try runEvents()
    case .routeLoop:
      let back =
        "dvt_event n = *e; n.type = S(\"loser.x\"); FACE(DVT_EVENTS_INTERFACE, dvt_events)->publish_named(host, &n, &errors)"
      try start(
        loser(init: "subscribe(\"loser.y\", \"y\", around, DVT_DELIVERY_SYNC);").declaring(
          "static int32_t around(void *c, const dvt_event *e, const dvt_error_sink *s) { \(back); return DVT_OK; }"
        ))
      publish("loser.x")
    case .publishLimited:
      try start(loser(init: "publish(\"loser.x\", \"\"); publish(\"loser.x\", \"\");"))
    case .eventUnfit:
      try start(
        loser(more: #""events": [{"topic": "loser.x", "contentType": "application/json"}]"#))
      publish("loser.x")
    case .writeUnjudged:
      let judging =
        "dvt_validation o = {HEADER(dvt_validation), .pattern = S(ID)}; dvt_handle h; "
        + "FACE(DVT_VALIDATORS_INTERFACE, dvt_validators)->validate(host, &o, weigh, 0, &h, &errors);"
      try start(
        loser(init: judging, handler: "__builtin_trap()").declaring(
          "static int32_t weigh(void *c, const dvt_review *r, const dvt_amending *a, const dvt_error_sink *s) { return act(s); }"
        ))
      _ = try? fixture.host.core.metadata.put(
        MetadataWrite(collection: "loser", key: "x", value: .int(1)))
    case .vetoed, .interceptorSkipped:
      let around =
        "dvt_interception o = {HEADER(dvt_interception), .pattern = S(\"loser.x\"), .stages = DVT_STAGE_EVENT}; "
        + "dvt_handle h; FACE(DVT_INTERCEPTORS_INTERFACE, dvt_interceptors)->intercept(host, &o, judge, 0, &h, &errors);"
      try start(
        loser(
          init: around, handler: loss == .vetoed ? "return fail(s, \"no\")" : "__builtin_trap()"))
      publish("loser.x")
    case .gateTimeout, .replyLate, .callRejected, .callLimited, .denied, .callTooLate, .heldDropped,
      .watchOverflow, .jobRefused:
      try runCalls()
    default: try runRest()
    }
  }

  /// Publishes more than a queue takes whose handler does not return.
  private func overflow(_ options: String) throws {
    let subscribe =
      "dvt_subscription o = {HEADER(dvt_subscription), .pattern = S(\"t.x\"), "
      + ".delivery = DVT_DELIVERY_ASYNC, \(options)}; dvt_handle h; "
      + "FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, on, 0, &h, &errors);"
    try start(loser(init: subscribe, handler: "at(\"handler\")"))
    for _ in 0..<4 { publish() }
  }

  private func runEvents() throws {
    let blocked = "at(\"handler\")"
    switch loss {
    case .eventDropped:
      try overflow(".overflow = DVT_OVERFLOW_DROP_NEWEST, .capacity = 1")
    case .eventCoalesced:
      try overflow(".overflow = DVT_OVERFLOW_COALESCE, .key = S(\"source\")")
    case .handlerTimeout:
      let limited =
        "dvt_subscription o = {HEADER(dvt_subscription), .pattern = S(\"t.x\"), .timeout_ms = 1}; dvt_handle h; "
        + "FACE(DVT_EVENTS_INTERFACE, dvt_events)->subscribe(host, &o, on, 0, &h, &errors);"
      try start(loser(init: limited, handler: "usleep(20000)"))
      publish()
    case .handlerFailed, .eventDead, .deadLetterDropped:
      try start(loser(init: Self.sync, handler: "return fail(s, \"no\")"))
      publish()
    case .eventOrphaned: try whileReloading(Self.async) { publish() }
    case .tooDeep:
      let own = "subscribe(\"loser.x\", \"own\", on, DVT_DELIVERY_SYNC);"
      try start(loser(init: own, handler: "publish(\"loser.x\", \"x\")"))
      publish("loser.x")
    default:
      try start(loser(init: Self.sync, handler: blocked))
      for _ in 0..<Announcer.most + 2 { fixture.host.events.publish("t.x", [:]) }
    }
  }

  private func runCalls() throws {
    switch loss {
    case .gateTimeout: try whileReloading(Self.sync) { publish() }
    case .replyLate:
      try start(loser(init: "provide(\"s\", serve);", handler: "usleep(50000)"))
      _ = try? fixture.call("s", milliseconds: 5)
    case .callRejected, .callLimited:
      try start(loser(init: "provide(\"s\", serve);", handler: "return fail(s, \"no\")"))
      for _ in 0..<2 { _ = try? fixture.call("s") }
    case .denied:
      try start(
        loser(
          init: "publish(\"t.x\", \"x\");", more: #""permissions": {"publish": ["loser.x"]}"#))
    case .callTooLate:
      let thread = "pthread_t t; pthread_create(&t, 0, go_on, 0); pthread_detach(t);"
      try start(
        loser(init: thread, more: #""unload": "keep""#).declaring(
          "#include <pthread.h>\nstatic void *go_on(void *c) { while (!is(\"go\", \"handler\")) { publish(\"loser.x\", \"\"); "
            + "usleep(1000); } return 0; }"))
      _ = try fixture.host.unload("loser", deadline: .soon)
    case .heldDropped:
      try start(loser())
      try fixture.put(loser("2.0.0", init: "publish(\"loser.x\", \"\"); return DVT_FAILED;"))
      _ = try? fixture.host.reload("loser", dryRun: false, deadline: .soon)
    case .watchOverflow: try fallBehind()
    default:
      let submit =
        "for (int i = 0; i < 65540; i++) FACE(DVT_EXECUTOR_INTERFACE, dvt_executor)->submit(host, work, 0);"
      try start(
        loser(init: submit, handler: "while (!is(\"go\", \"handler\")) usleep(1000)"))
    }
  }

  private func fallBehind() throws {
    let watch =
      "dvt_watch w = {HEADER(dvt_watch), .collection = S(ID)}; dvt_handle h; "
      + "FACE(DVT_METADATA_INTERFACE, dvt_metadata)->watch(host, &w, changed, 0, &h, &errors);"
    try start(loser(init: watch, handler: "if (!is(\"go\", \"handler\")) at(\"handler\")"))
    for round in 0..<3 {
      let writes = (0..<10_000).map {
        MetadataWrite(collection: "loser", key: "\(round)-\($0)", value: .int(1))
      }
      _ = try fixture.host.core.metadata.transaction(writes)
      guard reach("handler") else { return }
    }
    try letGo()
  }

  private func runRest() throws {
    switch loss {
    case .lifecycleTimeout: try start(loser(init: "at(\"init\");"))
    case .operationTimeout:
      try fixture.put(loser(init: "at(\"init\");"))
      _ = try? fixture.host.load("loser", deadline: .after(milliseconds: 50))
    case .drainTimeout, .callAbandoned:
      try start(loser(init: Self.async, handler: "at(\"handler\")"))
      publish()
      guard reach("handler") else { return }
      try fixture.put(loser("2.0.0"))
      if loss == .drainTimeout {
        _ = try? fixture.host.reload("loser", dryRun: false, deadline: .soon)
      } else {
        _ = try? fixture.host.unload("loser", deadline: .after(milliseconds: 100))
      }
    case .probationOverflow:
      try start(loser(init: Self.sync))
      try fixture.replace(loser("2.0.0", init: Self.sync))
      publish()
    case .figuresMissing:
      try start(loser().doing("metrics", "return DVT_FAILED;"))
      _ = try fixture.host.metrics()
    case .crash:
      try start(loser(init: Self.sync, handler: "__builtin_trap()"))
      publish()
    case .journalFull:
      guard let digest = SHA256Digest(String(repeating: "0", count: 64)) else { return }
      let build = PluginBuild(
        id: "x", version: "1.0.0", hash: digest, generation: 1)
      while (try? fixture.host.journal.add(build)) != nil {}
      try start(loser())
    case .logLineLost: try start(loser())
    case .eventUnrecorded: try fixture.publish("t.x", String(repeating: "x", count: 600_000))
    // What the control socket tells its host, by the same call.
    default: fixture.host.note(loss, count: 1)
    }
  }
}
