import CDovetail
import CHostSupport
import EventBus
import HostSupport
import MetadataStore

/// Makes the parts that a host is composed of, in the order in which they need each other.
struct HostParts {
  let state: StateDirectory
  let journal: Journal
  let quarantine: Quarantine
  let lastKnownGood: LastKnownGood
  let previousBuilds: LastKnownGood
  let inspector: StagingInspector
  let stager: Stager
  let trust: TrustGate
  let loader: ImageLoader
  let core: HostCore
  let opening: StoreOpening
  let faults: FaultDesk
  let crashes: CrashArchive
  private let previousRun: PreviousRun?
  /// The build that the host before died of, if that is new.
  let blamed: String?
  let safeMode: SafeMode

  init(
    _ configuration: HostConfiguration, log: LogWriter, safeMode request: SafeMode.Request?
  ) throws(OperationError) {
    state = try Self.openState(configuration)
    do throws(SystemError) {
      previousRun = try Journal.readPrevious(in: state)
      quarantine = try Quarantine(in: state)
      if let culprit = previousRun?.culprit {
        let isNew = quarantine.why(culprit.build.hash) == nil
        try quarantine.add(culprit)
        blamed = isNew ? "\(culprit.build.id) \(culprit.build.version)" : nil
      } else {
        blamed = nil
      }
      crashes = try CrashArchive(in: state)
      let wentWell = previousRun?.cleanShutdown ?? true
      // A build that kills hosts although it is quarantined explains nothing; a power loss does.
      let isExplained = blamed != nil || previousRun?.sameBoot == false
      safeMode = try SafeMode(
        in: state, after: wentWell ? .wentWell : isExplained ? .explained : .unexplained,
        configuration.safeMode, request)
      lastKnownGood = try LastKnownGood(in: state, durable: configuration.journalFsync)
      previousBuilds = try LastKnownGood(in: state, folder: "previous", durable: false)
      journal = try Journal.begin(in: state)
      journal.install()
    } catch {
      throw OperationError(
        .failed, "the state directory \(state.path) cannot be used: \(error)",
        advice: "free space there, or give another --state DIR")
    }
    faults = FaultDesk(journal: journal, crashes: crashes, state: state)
    inspector = StagingInspector()
    trust = TrustGate(try Self.policy(configuration))
    stager = Self.makeStager(state, trust, inspector)
    loader = ImageLoader(
      stager: stager,
      budget: RetiredImages.Budget(
        count: configuration.retiredBudget.images, bytes: configuration.retiredBudget.bytes))
    (core, opening) = try Self.makeCore(configuration, state, log, faults)
    try FaultDesk.installGuard(configuration.crash, log)
    hs_set_limits(
      UInt32(configuration.depthLimit), UInt64(configuration.gateDeadline) &* 1_000_000)
  }

  private static func openState(
    _ configuration: HostConfiguration
  ) throws(OperationError) -> StateDirectory {
    guard
      let path = configuration.state
        ?? StateDirectory.defaultPath(
          name: configuration.name, environment: Environment.all)
    else {
      throw OperationError(
        .invalid, "there is no place for the host's state: neither XDG_STATE_HOME nor HOME is set",
        advice: "give --state DIR")
    }
    do throws(StateDirectoryError) {
      return try StateDirectory.open(path)
    } catch {
      throw OperationError(.refused, "\(error)")
    }
  }

  private static func makeStager(
    _ state: StateDirectory, _ trust: TrustGate, _ inspector: StagingInspector
  ) -> Stager {
    Stager(
      state: state,
      approval: { (image) throws(StagingError) in
        try trust.approve(image, sidecar: inspector.sidecar(of: image.source))
      },
      inspection: { file, subject throws(StagingError) in
        try trust.checkOwner(subject)
        return try inspector.inspect(file, subject)
      })
  }

  /// What a configuration asks of plugins' files.
  ///
  /// - Throws: `invalid` when what it rests on cannot be used.
  static func policy(_ configuration: HostConfiguration) throws(OperationError) -> TrustPolicy {
    do throws(TrustRefusal) {
      return try TrustPolicy(configuration.trust)
    } catch {
      throw OperationError(
        .invalid, "no plugin can be trusted: \(error.reason)", advice: error.fix)
    }
  }

  private static func makeCore(
    _ configuration: HostConfiguration, _ state: StateDirectory, _ log: LogWriter,
    _ faults: FaultDesk
  ) throws(OperationError) -> (HostCore, StoreOpening) {
    _ = ErrorCollector.installed
    let bus = unsafe EventBus(
      layout: EventCopy.layout, threads: max(2, configuration.asyncThreads),
      mostTopics: configuration.topics,
      deadLetters: DeadLetters.Bounds(
        count: configuration.deadLetters.count, bytes: configuration.deadLetters.bytes),
      onFailure: { failure in faults.deliveryFailed(failure) },
      onDead: { bus, letter, event in unsafe DeadLetterEvent(letter, event).publish(on: bus) },
      onTimeout: { timeout in faults.handlerTimedOut(timeout) },
      onLag: { lag in faults.queueLags(lag) },
      onViolation: { violation in faults.eventUnfit(violation) })
    let providers = PersistenceRegistry()
    // Not a thread of the store's own: one watch that does not return must not hold up the others.
    let opening = StoreOpening(
      configuration: configuration.metadata, state: state, log: log, providers: providers,
      seat: StoreSeat { incident in faults.validatorDid(incident) }
    ) { [workers = bus.workers] job in
      workers.submit {
        job()
        return false
      }
    }
    do throws(MetadataError) {
      try opening.openEarly()
    } catch {
      throw OperationError(
        .failed, "the metadata store cannot be opened: \(error)",
        advice: "see the message; \"metadata\": {\"provider\": \"memory\"} starts without it")
    }
    var limits = BridgeLimits()
    limits.gatePatience = UInt64(configuration.gateDeadline) &* 1_000_000
    limits.barrierMilliseconds = configuration.drainDeadline
    let core = HostCore(
      bus: bus, providers: providers, seat: opening.seat, log: log, limits: limits
    ) { instance, signal, place in
      faults.crashed(instance, signal: signal, place: place)
    } onPhaseCrash: { instance, crash, phase in
      faults.report(crash, of: instance, in: phase, place: phase.rawValue)
    }
    return (core, opening)
  }

  /// Says what became of the host before.
  func reportPreviousRun(to log: LogWriter) {
    guard let previousRun, !previousRun.cleanShutdown else { return }
    faults.report(previousRun)
    if let culprit = previousRun.culprit {
      log.log(
        .warning, "supervision",
        "the host before (pid \(previousRun.pid)) died of \(culprit.build.id) \(culprit.build.version): \(culprit.cause); "
          + "that build is quarantined: 'dovetail quarantine why \(culprit.build.id)'")
    } else {
      log.log(
        .warning, "supervision",
        "the host before (pid \(previousRun.pid)) did not end in order, and no plugin is to blame for it"
      )
    }
  }
}
