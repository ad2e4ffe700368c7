import CDovetail
import EventBus
import Glibc
public import HostSupport
import MetadataStore

extension Host: HostControl {
  /// The host itself.
  public func hostReport() throws(OperationError) -> HostReport {
    var report = HostReport(
      name: configuration.name, version: Dovetail.version, pid: getpid(),
      stateDirectory: state.path,
      socket: state.controlSocketPath)
    report.pluginDirectories = configuration.mode == .builtin ? [] : [configuration.plugins]
    report.watching = configuration.watch
    report.uptimeSeconds = Double(Deadline.now() &- startedAt) / 1e9
    report.supervision = supervision
    report.safeMode = safeModeReport
    report.degraded = degradedReasons
    for plugin in table.all { report.counts[plugin.state.name, default: 0] += 1 }
    report.residentBytes = ResidentMemory.bytes
    report.retiredBytes = loader.retired.bytes
    report.retiredImages = loader.retired.count
    report.retiredWarning = loader.retired.warning
    return report
  }

  /// All plugins, by id.
  public func list() throws(OperationError) -> [PluginReport] {
    let context = ReportContext(self)
    return table.all.map { report($0, context) }
  }

  /// One plugin; throws `notFound`.
  public func info(_ id: String) throws(OperationError) -> PluginReport {
    guard let plugin = table[id] else { throw unknown(id) }
    return report(plugin)
  }

  /// Why a plugin is in its state; throws `notFound`.
  public func why(_ id: String) throws(OperationError) -> Explanation {
    guard let plugin = table[id] else { throw unknown(id) }
    return explain(plugin)
  }

  /// All plugins and their dependencies.
  public func graph() throws(OperationError) -> GraphReport { graphReport() }

  /// What bringing the plugins in line with the plugin folder would do.
  public func plan() throws(OperationError) -> PlanReport {
    try operate(.after(milliseconds: 30_000)) { host throws(OperationError) in try host.planReport()
    }
  }

  /// Loads and starts a plugin.
  public func load(
    _ pathOrID: String, deadline: Deadline
  ) throws(OperationError) -> OperationReport {
    try operate(deadline) { host throws(OperationError) in try host.loadNow(pathOrID) }
  }

  /// Ends a plugin; throws `blocked` with the names of active dependents.
  public func unload(_ id: String, deadline: Deadline) throws(OperationError) -> OperationReport {
    try operate(deadline) { host throws(OperationError) in try host.unloadNow(id, until: deadline) }
  }

  /// Replaces a plugin's running build by the one in its file.
  public func reload(
    _ id: String, dryRun: Bool, place: HostConfiguration.Isolation.Place? = nil, deadline: Deadline
  ) throws(OperationError) -> OperationReport {
    try operate(deadline) { host throws(OperationError) in
      guard let place, !dryRun else { return try host.reloadNow(id, from: nil, dryRun: dryRun) }
      return try host.moveNow(id, to: place)
    }
  }

  /// Returns a plugin to the build before.
  public func rollback(_ id: String, deadline: Deadline) throws(OperationError) -> OperationReport {
    try operate(deadline) { host throws(OperationError) in try host.rollbackNow(id) }
  }

  func operate<Value: Sendable>(
    _ deadline: Deadline, _ body: @escaping @Sendable (Host) throws(OperationError) -> Value
  ) throws(OperationError) -> Value {
    do throws(OperationError) {
      return try control.perform(until: deadline) { [self] in
        Result { () throws(OperationError) in try body(self) }
      }
    } catch {
      if error.code == .timeout, deadline.hasPassed { core.losses.note(.operationTimeout) }
      throw error
    }
  }

  // MARK: Quarantine

  /// All quarantined builds.
  public func quarantineList() throws(OperationError) -> [QuarantineReport] {
    quarantine.list.map(report)
  }

  /// One quarantined build, by plugin id or (a prefix of) its hash.
  public func quarantineWhy(_ idOrHash: String) throws(OperationError) -> QuarantineReport {
    guard let entry = quarantine.matching(idOrHash).last else {
      throw OperationError(
        .notFound, "nothing in quarantine matches '\(idOrHash)'",
        advice: "see 'dovetail quarantine list'")
    }
    return report(entry)
  }

  /// Clears builds by plugin id or (a prefix of) the hash, all of them when `nil`.
  public func quarantineClear(_ idOrHash: String?) throws(OperationError) -> [QuarantineReport] {
    let wanted = idOrHash.map { [$0] } ?? quarantine.list.map(\.hash.description)
    var cleared: [QuarantineReport] = []
    do throws(SystemError) {
      for text in wanted { cleared += try quarantine.clear(text).map(report) }
    } catch {
      throw OperationError(.failed, "the quarantine cannot be written: \(error)")
    }
    if let idOrHash, cleared.isEmpty { _ = try quarantineWhy(idOrHash) }
    for report in cleared {
      table.update(report.plugin) { plugin in
        guard case .quarantined = plugin.state else { return }
        plugin.state = .discovered
        plugin.current = nil
      }
    }
    return cleared
  }

  private func report(_ entry: Quarantine.Entry) -> QuarantineReport {
    QuarantineReport(
      contentHash: entry.hash.description, plugin: entry.id, version: entry.version,
      path: table[entry.id]?.path ?? "", cause: entry.cause,
      chain: [
        "\(entry.id) \(entry.version) (\(entry.hash.short)): \(entry.cause)",
        "this build is not loaded again until it is cleared; another build of \(entry.id) is tried by itself",
      ], since: LogTime.rfc3339(Int64(entry.time * 1e9)))
  }

  // MARK: Events and services

  /// Publishes an event as the operator.
  public func publish(
    type: String, payload: Payload, subject: String?
  ) throws(OperationError) -> PublishReport {
    let outcome: (sequence: UInt64, failure: CallFailure?)
    do throws(BusError) {
      outcome = try events.publish(type, payload: payload, subject: subject ?? "")
    } catch {
      let isPattern = type.contains { "*>".contains($0) }
      throw OperationError(
        .invalid, error.description,
        advice: isPattern
          ? "an event has one topic, such as 'demo.greeting'; patterns are for 'dovetail events'"
          : nil)
    }
    if let failure = outcome.failure {
      throw OperationError(
        failure == .unfit ? .invalid : .unavailable,
        ErrorReport(failure, "topic '\(type)'").message)
    }
    return PublishReport(
      type: type, sequence: outcome.sequence, deliveries: core.bus.receivers(of: type).count)
  }

  /// Calls a service as the operator.
  public func call(
    service: String, payload: Payload, deadline: Deadline
  ) throws(OperationError) -> Payload {
    let caller = ServiceCaller(core: core, caller: "dovetail", permissions: nil)
    let reply: Result<[UInt8], ErrorReport> = unsafe withBytes(payload.bytes) { data in
      Result { () throws(ErrorReport) in
        try unsafe caller.call(
          service, data: data, contentType: payload.contentType, deadline: deadline)
      }
    }
    switch reply {
    case .success(let bytes): return Payload(bytes, contentType: Self.guessType(bytes))
    case .failure(let report):
      let known = core.services.all.map(\.name)
      let near = report.code == DVT_NOT_FOUND ? Spelling.hint(for: service, in: known) : ""
      throw OperationError(OperationError(report).code, report.message + near)
    }
  }

  private static func guessType(_ bytes: [UInt8]) -> String {
    if let first = bytes.first, [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(first),
      (try? JSON(parsing: bytes)) != nil
    {
      return "application/json"
    }
    return String(validating: bytes, as: UTF8.self) == nil
      ? "application/octet-stream" : "text/plain"
  }

  /// The latest events of the host itself that match, oldest first.
  public func recentEvents(pattern: String, limit: Int) throws(OperationError) -> [EventReport] {
    let pattern = try parse(pattern)
    return recent.latest(limit) { pattern.matches($0) }
  }

  /// Shows every later event that matches.
  public func tap(
    pattern: String, _ handler: @escaping @Sendable (EventReport) -> Void
  ) throws(OperationError) -> Cancellation {
    let options = SubscriptionOptions(
      pattern: try parse(pattern), name: nil,
      delivery: .async(capacity: 65_536, overflow: .dropOldest))
    do throws(BusError) {
      let subscription = try core.bus.subscribe(
        core.bus.hostOwner, options,
        handler: unsafe Handler { event in
          if let report = unsafe EventReading.report(event) { handler(report) }
          return 0
        })
      return Cancellation { [core] in
        _ = try? core.bus.unsubscribe(subscription, until: .after(milliseconds: 5000))
      }
    } catch {
      throw OperationError(.invalid, error.description)
    }
  }

  func parse(_ pattern: String) throws(OperationError) -> TopicPattern {
    do throws(BusError) { return try TopicPattern(pattern.isEmpty ? ">" : pattern) } catch {
      throw OperationError(.invalid, error.description)
    }
  }

  // MARK: Metadata

  private func store() throws(OperationError) -> MetadataStore {
    do throws(MetadataError) { return try core.metadata } catch { throw OperationError(error) }
  }

  /// One record; throws `notFound`.
  public func metaGet(collection: String, key: String) throws(OperationError) -> RecordReport {
    guard let record = try store().get(collection, key) else {
      throw OperationError(
        .notFound, "\(collection)/\(key) does not exist",
        advice: "see 'dovetail meta list \(collection)'")
    }
    return RecordReport(record)
  }

  /// Writes a record.
  public func metaPut(
    collection: String, key: String, value: JSON, version: UInt64?
  ) throws(OperationError) -> RecordReport {
    do throws(MetadataError) {
      let expectation: MetadataWrite.Expectation =
        switch version {
        case nil: .any
        case 0?: .absent
        case .some(let version): .version(version)
        }
      let value = try MetadataValue(json: value)
      try core.metadata.put(
        MetadataWrite(collection: collection, key: key, value: value, expectation: expectation))
    } catch {
      throw OperationError(error)
    }
    return try metaGet(collection: collection, key: key)
  }

  /// The records of a collection whose keys begin with `prefix`, by key.
  public func metaList(collection: String, prefix: String) throws(OperationError) -> [RecordReport]
  {
    try store().snapshot.list(collection, prefix: prefix).map { RecordReport($0) }
  }

  /// What can be asked of the metadata store beyond one record.
  public func metadataDesk() throws(OperationError) -> MetadataDesk {
    MetadataDesk(
      try store(), pins: core.operatorPins, provider: core.seat.provider?.name,
      pluginPins: core.snapshotPins.byPlugin, snapshotProblem: core.seat.snapshotProblem)
  }

  /// Shows every later change.
  public func metaWatch(
    collection: String, prefix: String, from revision: UInt64?,
    _ handler: @escaping @Sendable (RecordReport) -> Void
  ) throws(OperationError) -> Cancellation {
    do throws(MetadataError) {
      let name = "operator-\(Deadline.now())"
      let watch = try core.metadata.watch(
        name, collection: collection, prefix: prefix, after: revision
      ) { event in
        guard case .change(let change) = event else { return }
        handler(RecordReport(change))
      }
      return Cancellation { watch.cancel(until: .after(milliseconds: 5000)) }
    } catch {
      throw OperationError(error)
    }
  }

  // MARK: End

  /// Counts what was refused or dropped on the way to a client.
  public func note(_ loss: Loss, count: Int) { core.losses.note(loss, count: count) }

  /// Asks the host to stop and returns at once.
  public func stop() throws(OperationError) { requestStop() }
}

extension OperationError {
  /// An error of a service call, as an operator sees it.
  init(_ report: ErrorReport) {
    let code: OperationCode =
      switch report.code {
      case DVT_NOT_FOUND: .notFound
      case DVT_TIMEOUT: .timeout
      case DVT_DENIED: .denied
      case DVT_INVALID: .invalid
      case DVT_UNAVAILABLE: .unavailable
      default: .failed
      }
    self.init(code, report.message)
  }

  /// An error of the metadata store, as an operator sees it.
  init(_ error: MetadataError) {
    let code: OperationCode =
      switch error {
      case .conflict: .conflict
      case .invalid, .tooLarge: .invalid
      case .notFound: .notFound
      case .exists: .exists
      case .unavailable, .notHeld, .resyncNeeded, .closed: .unavailable
      case .quota, .vetoed, .unsupported: .refused
      default: .failed
      }
    self.init(code, error.description)
  }
}

extension RecordReport {
  /// A record as an operator sees it.
  init(_ record: MetadataRecord) {
    self.init(
      collection: record.collection, key: record.key, value: record.value.json,
      version: record.version, created: record.created, modified: record.modified,
      expires: record.expires.map { Timestamp.text($0) })
  }

  /// A change as an operator sees it.
  init(_ change: MetadataChange) {
    self.init(change.record)
    if change.isRemoval { value = .null }
    deleted = change.isRemoval
    revision = change.revision
    self.change = change.kind.rawValue
  }
}
