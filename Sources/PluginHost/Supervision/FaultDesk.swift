import CHostSupport
import EventBus
import HostSupport
import MetadataStore
import Synchronization

/// Where contained crashes and failed deliveries are reported, on whatever thread they happen; the host acts on its own.
final class FaultDesk: Sendable {
  private let journal: Journal
  /// What is known of crashes, this host's and those before it.
  let crashes: CrashArchive
  private let symbols: CrashSymbols
  private let host = Mutex<WeakHost>(WeakHost())
  /// Start order as the resolver decided it last.
  let order = Mutex<[String]>([])

  private let latest = Mutex<[String: Int]>([:])
  /// Memory faults that were contained: what they may have damaged.
  private let doubts = Mutex<[String]>([])
  private let pace = LogPace()

  private struct WeakHost { weak var host: Host? }

  init(journal: Journal, crashes: CrashArchive, state: StateDirectory) {
    self.journal = journal
    self.crashes = crashes
    symbols = CrashSymbols(state: state.path)
  }

  /// Names the host that acts on reports.
  func attach(_ host: Host) { self.host.withLock { $0.host = host } }

  private var present: Host? { host.withLock { $0.host } }

  /// A handler failed or crashed.
  ///
  /// - Returns: What the handler said.
  func deliveryFailed(_ failure: DeliveryFailure) -> String {
    let name = failure.subscription.name
    let crash = failure.result.failure == .crashed
    let error =
      failure.timedOut
      ? "ran past its time limit of \(failure.subscription.options.timeout ?? 0) ms"
      : crash
        ? "crashed: \(SignalName.of(failure.result.fault))"
        : ErrorCollector.ofThread?.take()?.message
          ?? "failed with code \(CodeName.of(failure.result.code))"
    guard let host = present else { return error }
    host.core.losses.note(.handlerFailed, failure.subscription.owner.name)
    guard let instance = host.table.instance(of: failure.subscription.owner) else { return error }
    if crash {
      crashed(instance, signal: failure.result.fault, place: "handler '\(name)'")
    } else {
      instance.noteFailure("handler '\(name)': \(error)")
      host.core.log.log(.debug, instance.id, "handler '\(name)': \(error)")
    }
    return error
  }

  /// A handler runs past its time limit.
  func handlerTimedOut(_ timeout: HandlerTimeout) {
    guard let host = present else { return }
    let subscription = timeout.subscription
    let id = subscription.owner.name
    host.core.losses.note(.handlerTimeout, id)
    host.core.log.log(
      .warning, id,
      "handler '\(subscription.name)' has been handling an event of \(timeout.topic) for more than "
        + "\(timeout.limit) ms; it gets no other until it has returned")
    host.events.publish(
      "bus.handler.timeout", subject: id,
      [
        "subscription": .string(subscription.name), "topic": .string(timeout.topic),
        "limit_ms": .int(Int64(timeout.limit)),
      ])
  }

  /// A queue fills faster than it is served.
  func queueLags(_ lag: QueueLag) {
    let subscription = lag.subscription
    present?.events.publish(
      "bus.lag", subject: subscription.owner.name,
      [
        "subscription": .string(subscription.name), "topic": .string(lag.topic),
        "queued": .int(Int64(lag.queued)), "capacity": .int(Int64(lag.capacity)),
      ])
  }

  /// An event does not fit what was declared of its topic.
  func eventUnfit(_ violation: SchemaViolation) {
    let type = violation.type
    let words =
      "an event of \(violation.source) does not fit what \(type.owner.name) declared of "
      + "'\(violation.topic)': \(violation.reason)"
    if violation.isRefused { ErrorCollector.ofThread?.keep(refusal: words) }
    guard let host = present else { return }
    if violation.isRefused { host.core.losses.note(.eventUnfit, violation.source) }
    let subject = "\(type.owner.name) \(type.declaration.pattern)"
    guard let kept = pace.pass(subject) else { return }
    let more = kept > 0 ? " (and \(kept) more since this was logged last)" : ""
    host.core.log.log(
      .warning, violation.source, words + (violation.isRefused ? "; it was refused" : "") + more)
  }

  /// A validator refused a write, or did not judge it. Its name begins with the id of its plugin.
  func validatorDid(_ incident: ValidatorIncident) {
    guard let host = present else { return }
    let id = String(incident.validator.prefix { $0 != "/" })
    switch incident {
    case .vetoed: host.core.losses.note(.vetoed, id)
    case .overran, .failed, .skipped: host.core.losses.note(.writeUnjudged, id)
    case .suspended: break
    }
    guard case .vetoed = incident else {
      guard let kept = pace.pass("\(id) \(incident.validator)") else { return }
      let more = kept > 0 ? " (and \(kept) more since this was logged last)" : ""
      return host.core.log.log(.warning, id, "\(incident)\(more)")
    }
  }

  /// Plugin code crashed and was contained.
  func crashed(_ instance: PluginInstance, signal: Int32, place: String) {
    let crash = ContainedCrash(signal: signal)
    let cause = crash.cause(in: place)
    instance.noteFailure(cause)
    guard let host = present else { return }
    host.core.losses.note(.crash, instance.id)
    guard instance.beginContaining() else { return }
    host.control.submit { [weak host] in
      instance.endContaining()
      host?.faults.report(crash, of: instance, in: .running, place: place)
      host?.containCrash(of: instance, cause: cause)
    }
  }

  /// Keeps a report of a generation's first contained crash.
  func report(
    _ crash: ContainedCrash, of instance: PluginInstance, in phase: LifecyclePhase, place: String
  ) {
    guard instance.claimCrashReport() else { return }
    if crash.mayHaveDamaged {
      doubts.withLock {
        $0.append(
          "\(crash.signal) of \(instance.id) was contained, which may have damaged anything: restart the host soon"
        )
      }
    }
    var report = CrashReport(
      of: PluginBuild(instance), .contained, cause: crash.cause(in: place))
    report.place = place
    report.phase = phase.rawValue
    report.describe(crash, symbols)
    keep(report)
  }

  /// Keeps a report of what ended the host before.
  func report(_ run: PreviousRun) {
    guard let report = CrashReport(run, symbols) else { return }
    keep(report)
  }

  /// Keeps what is known of a crash, and tells of it: `plugin.crashed`. It waits for the disk.
  ///
  /// - Parameter report: What happened.
  /// - Returns: The report with its number; without one when the disk did not take it, which the log says.
  @discardableResult
  func keep(_ report: CrashReport) -> CrashReport {
    var kept = report
    do throws(SystemError) { kept = try crashes.add(report) } catch {
      present?.core.log.log(.error, report.plugin, "its crash report is not kept: \(error)")
    }
    if kept.id > 0 { latest.withLock { $0[kept.plugin] = kept.id } }
    present?.events.publish(
      "plugin.crashed", subject: kept.plugin,
      [
        "report": .int(Int64(kept.id)), "version": .string(kept.version),
        "hash": .string(kept.contentHash), "generation": .int(Int64(kept.generation)),
        "outcome": .string(kept.outcome.rawValue), "cause": .string(kept.cause),
        "place": .string(kept.place ?? kept.phase ?? ""), "signal": .string(kept.signal ?? ""),
      ])
    return kept
  }

  /// The number of a plugin's last crash report of this run, or of what ended the one before.
  func lastReport(of id: String) -> Int? { latest.withLock { $0[id] } }

  /// Why the process may not be sound any more, in prose.
  var damage: [String] { doubts.withLock { $0 } }

  /// Installs the crash guard on the process and proves it on this runtime; every crash is fatal where the proof fails.
  static func installGuard(_ policy: HostConfiguration.CrashPolicy, _ log: LogWriter)
    throws(OperationError)
  {
    let handler: @convention(c) (UnsafePointer<hs_fault>?) -> Void = { fault in
      unsafe hs_fatal_record(fault)
    }
    guard unsafe hs_guard_install(HS_CONTAIN_TRAPS, handler) == 0 else {
      throw OperationError(
        .failed, "the crash guard cannot be installed: \(SystemError("sigaction"))")
    }
    _ = watchesExit
    let isSound = unsafe hs_guard_self_test(GuardSelfTest.trap, GuardSelfTest.work) == 1
    hs_guard_contain(policy.contained)
    guard !isSound else { return }
    hs_guard_disable()
    log.log(
      .warning, "guard",
      "this Swift runtime does not survive a contained trap (the self-test failed): a crash of a plugin ends the host"
    )
  }

  private static let watchesExit = hs_fatal_watch_exit() == 0
}
