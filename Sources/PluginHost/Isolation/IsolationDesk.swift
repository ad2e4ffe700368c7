import CHostSupport
import EventBus
import Glibc
import HostSupport
import Synchronization

/// Decides which plugins run in workers, starts those, and remembers how often they ended.
///
/// Threading: any thread.
final class IsolationDesk: Sendable {
  private struct State {
    var warden: WorkerWarden?
    var groups: Result<ControlGroups, ControlGroups.Unavailable>?
    var chosen: [String: HostConfiguration.Isolation.Place] = [:]
    var ledger: [String: RestartLedger] = [:]
    var standbys: [String: RestartLedger] = [:]
    var crashes: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let log: LogWriter
  private let onEnd = Mutex<(@Sendable (Generation) -> Void)?>(nil)
  private let onStandby = Mutex<(@Sendable (Generation) -> Void)?>(nil)

  init(log: LogWriter) { self.log = log }

  /// Names who acts on the end of workers that served; it must not wait.
  func onEnd(_ body: @escaping @Sendable (Generation) -> Void) { onEnd.withLock { $0 = body } }

  /// Tells of such an end.
  func tell(of generation: Generation) { onEnd.withLock { $0 }?(generation) }

  /// Names who sees to the standby of a generation; it must not wait.
  func onStandby(_ body: @escaping @Sendable (Generation) -> Void) {
    onStandby.withLock { $0 = body }
  }

  /// Has the standby of a generation seen to: it serves now, or its standby has ended.
  func seeToStandby(of generation: Generation) { onStandby.withLock { $0 }?(generation) }

  /// Has a plugin run somewhere else from its next generation on, whatever the configuration says; `nil` as that says.
  ///
  /// - Returns: What was chosen before.
  func choose(
    _ place: HostConfiguration.Isolation.Place?, for id: String
  ) -> HostConfiguration.Isolation.Place? {
    state.withLock { state in
      defer { state.chosen[id] = place }
      return state.chosen[id]
    }
  }

  /// Whether a plugin runs in a worker.
  ///
  /// - Throws: `OperationError` when its manifest does not allow what the configuration wants.
  func isolates(
    _ manifest: Manifest, _ origin: Generation.Origin, _ configuration: HostConfiguration
  ) throws(OperationError) -> Bool {
    guard case .staged = origin else { return false }
    let id = manifest.id
    let isolation = configuration.isolation
    let said: HostConfiguration.Isolation.Place? =
      state.withLock { $0.chosen[id] }
      ?? (isolation.isolated.contains(id)
        ? .isolated : isolation.inProcess.contains(id) ? .inProcess : nil)
    switch (manifest.isolation, said) {
    case (.isolated, .inProcess):
      throw OperationError(
        .refused, plugin: id,
        "the manifest of \(id) says \"isolation\": \"isolated\", and it is to run in the host's process",
        advice: "take \(id) out of isolation.inProcess, or say \"either\" in the manifest")
    case (.inProcess, .isolated):
      throw OperationError(
        .refused, plugin: id,
        "the manifest of \(id) says \"isolation\": \"in-process\", and it is to run in a worker",
        advice: "take \(id) out of isolation.isolated, or say \"either\" in the manifest")
    case (.isolated, _): return true
    case (.inProcess, _): return false
    case (.either, let place): return (place ?? isolation.standard) == .isolated
    }
  }

  /// What a worker of a staged plugin is started with now.
  func plan(
    for instance: PluginInstance, _ staged: StagedImage, _ configuration: HostConfiguration
  ) throws(WorkerError) -> Worker.Plan {
    let isolation = configuration.isolation
    // A call of the lifecycle comes back, or is given up, before the lifecycle gives up its thread.
    return Worker.Plan(
      program: try WorkerProgram(configured: isolation.worker),
      spin: isolation.spinMicroseconds,
      patience: min(isolation.callDeadline, max(1, configuration.lifecycleDeadline * 4 / 5)),
      environment: WorkerProgram.environment(needing: staged.facts.needed),
      rules: SandboxRules(instance.manifest.permissions, staged, configuration),
      limits: configuration.workerLimits)
  }

  /// Starts a worker.
  ///
  /// - Parameters:
  ///   - instance: Whose it is.
  ///   - plan: What with.
  ///   - standsBy: Whether it is for the generation after this one.
  /// - Returns: The worker; it has not mapped anything of the plugin.
  /// - Throws: Why there is no process.
  func start(
    for instance: PluginInstance, _ plan: Worker.Plan, standsBy: Bool = false
  ) throws(WorkerError) -> Worker {
    let name = "\(instance.id)-\(instance.owner.generation)\(standsBy ? "-next" : "")"
    return try Worker(
      plan, try warden(), level: log.level, group: group(name, for: instance.id, plan.limits),
      standsBy: standsBy
    ) { [log, id = instance.id] line in
      log.log(.warning, id, line, fields: ["stream": "output"])
    }
  }

  /// A control group for a worker; `nil` where the system has none to give, which is logged once.
  private func group(_ name: String, for id: String, _ limits: WorkerLimits) -> ControlGroup? {
    let groups = state.withLock { state in
      if let known = state.groups { return known }
      let found = Result { () throws(ControlGroups.Unavailable) in try ControlGroups.own() }
      state.groups = found
      if case .failure(let why) = found {
        log.log(.info, "isolation", "workers have rlimits only: \(why)")
      }
      return found
    }
    guard case .success(let groups) = groups else { return nil }
    do throws(SystemError) {
      return try groups.make(name, limits)
    } catch {
      log.log(.warning, id, "its worker has rlimits only: \(error)")
      return nil
    }
  }

  private func warden() throws(WorkerError) -> WorkerWarden {
    do throws(SystemError) {
      return try state.withLock { state throws(SystemError) in
        if let warden = state.warden { return warden }
        let warden = try WorkerWarden()
        state.warden = warden
        return warden
      }
    } catch {
      throw .system(error)
    }
  }

  // MARK: Restarts

  /// Notes that a worker ended.
  ///
  /// - Returns: Milliseconds after which it is to be started again; `nil` when it ended too often.
  func noteEnd(of id: String, _ isolation: HostConfiguration.Isolation) -> Int? {
    state.withLock { $0.ledger[id, default: RestartLedger()].note(isolation, now: Deadline.now()) }
  }

  /// Notes that a standby ended which nobody asked to.
  ///
  /// - Returns: Milliseconds after which another is to be started; `nil` when they ended too often.
  func noteStandbyEnd(of id: String, _ isolation: HostConfiguration.Isolation) -> Int? {
    state.withLock {
      $0.standbys[id, default: RestartLedger()].note(isolation, now: Deadline.now())
    }
  }

  /// Forgets the ends: an operator starts it anew.
  func forgive(_ id: String) { state.withLock { $0.ledger[id] = nil } }

  /// Notes a contained crash in the host's process.
  ///
  /// - Returns: Whether the plugin is to go on in a worker from now on.
  func noteCrash(of id: String, _ isolation: HostConfiguration.Isolation) -> Bool {
    state.withLock { state in
      state.crashes[id, default: 0] += 1
      guard isolation.afterCrashes > 0, state.crashes[id, default: 0] >= isolation.afterCrashes
      else { return false }
      state.chosen[id] = .isolated
      return true
    }
  }
}
