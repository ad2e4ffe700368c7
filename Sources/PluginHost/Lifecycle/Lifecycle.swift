import CDovetail
import CHostSupport
import EventBus
import HostSupport
import Synchronization

/// Takes plugins through their lives: up in dependency order, phase by phase, and down in reverse.
///
/// Threading: control thread only.
final class Lifecycle: Sendable {
  let core: HostCore
  /// Opens the metadata store when its provider is there.
  let opening: StoreOpening
  let table: PluginTable
  let runner: LifecycleRunner
  let loader: ImageLoader
  let stager: Stager
  let inspector: StagingInspector
  let journal: Journal?
  private let live: LiveConfiguration
  let events: HostEvents
  let quarantine: Quarantine
  let lastKnownGood: LastKnownGood
  let isolation: IsolationDesk

  init(
    core: HostCore, opening: StoreOpening, table: PluginTable, journal: Journal?, stager: Stager,
    inspector: StagingInspector, loader: ImageLoader,
    configuration: LiveConfiguration, events: HostEvents, quarantine: Quarantine,
    lastKnownGood: LastKnownGood, isolation: IsolationDesk
  ) {
    self.core = core
    self.isolation = isolation
    self.opening = opening
    self.table = table
    self.journal = journal
    self.stager = stager
    self.inspector = inspector
    self.loader = loader
    live = configuration
    self.events = events
    self.quarantine = quarantine
    self.lastKnownGood = lastKnownGood
    runner = LifecycleRunner(journal: journal, pulse: core.pulse)
  }

  var configuration: HostConfiguration { live.current }

  // MARK: Making a generation

  /// Makes the next generation of a plugin from where its build comes from.
  ///
  /// - Parameters:
  ///   - id: The plugin.
  ///   - manifest: Of the build.
  ///   - origin: Where it comes from.
  ///   - holder: Whose staged copy, image and place in the journal it is to take over; `nil` for its own.
  /// - Returns: A generation of which no code has run.
  /// - Throws: `OperationError` when its settings do not fit, or the journal is full.
  func generation(
    _ id: String, _ manifest: Manifest, _ origin: Generation.Origin,
    sharing holder: Generation? = nil
  ) throws(OperationError) -> Generation {
    let isIsolated = try isolation.isolates(manifest, origin, configuration)
    let settings: JSON
    do throws(SettingsError) {
      settings = try manifest.settings.apply(to: configuration.settings[id] ?? .object([:]))
    } catch {
      throw OperationError(
        .refused, plugin: id, "the settings of \(id) do not fit its schema: \(error)",
        advice: "correct \"settings\": {\"\(id)\": …} in the configuration")
    }
    var number: UInt32 = 0
    table.update(id) { plugin in
      plugin.generations += 1
      number = plugin.generations
    }
    let build = holder?.build ?? enterInJournal(id, manifest, origin, number)
    let instance = PluginInstance(
      manifest: manifest, settings: settings, generation: number,
      number: table[id]?.number ?? 0, build: build, hash: origin.hash, core: core)
    instance.setCrashPolicy(configuration.crashPolicies[id])
    table.enter(instance)
    return Generation(
      instance: instance, origin: origin, build: build,
      isIsolated: isIsolated,
      sharesFiles: holder != nil)
  }

  /// Gives a mapped image to another generation of the same build, and its place in the journal with it.
  func passImage(from holder: Generation, to other: Generation) {
    holder.passImage(to: other)
    guard let hash = other.hash else { return }
    journal?.rewrite(
      other.build,
      PluginBuild(
        id: other.id, version: "\(other.manifest.version)", hash: hash, generation: other.number))
  }

  private func enterInJournal(
    _ id: String, _ manifest: Manifest, _ origin: Generation.Origin, _ number: UInt32
  ) -> UInt32 {
    guard let journal, case .staged(let staged) = origin else { return 0 }
    let build = PluginBuild(
      id: id, version: "\(manifest.version)", hash: staged.digest, generation: number)
    do throws(SystemError) { return try journal.add(build) } catch {
      core.losses.note(.journalFull, id)
      core.log.log(
        .error, id,
        "it has no place in the journal, so that a crash of it may go unattributed: \(error)")
      return 0
    }
  }

  // MARK: Steps

  /// Maps the image of a generation and asks its entry for the callbacks.
  func loadStep(_ generation: Generation) -> StepOutcome {
    if let conflict = declareEvents(of: generation) { return .failed(conflict) }
    switch generation.origin {
    case .builtin(let builtin):
      return outcome(unsafe generation.handshake(builtin.entry))
    case .staged(let staged) where generation.isIsolated: return startWorker(generation, staged)
    case .staged(let staged):
      do throws(LoadError) {
        let image: LoadedImage
        if let mapped = generation.image {
          image = mapped
        } else {
          if let refusal = probe(staged) { return .failed(refusal) }
          // No wait: loads run one at a time, so that what is in progress now was given up.
          image = try loader.load(
            staged, plugin: generation.id, owner: hs_fatal_image_name(generation.build),
            deadline: .after(milliseconds: 0))
          guard !generation.isTainted else {
            loader.retire(image, because: "its constructors returned too late")
            return .failed("its constructors returned too late")
          }
          generation.setImage(image)
        }
        return outcome(unsafe generation.handshake(unsafeBitCast(image.entry, to: dvt_entry.self)))
      } catch {
        return .failed("\(error)")
      }
    }
  }

  /// Declares what the manifest says of events.
  ///
  /// - Returns: Who declared one of them otherwise; `nil` when nobody did.
  private func declareEvents(of generation: Generation) -> String? {
    let instance = generation.instance
    do throws(BusError) {
      for declaration in generation.manifest.declarations {
        _ = try core.bus.declare(
          instance.owner, declaration, shadow: instance.mode == .shadow)
      }
      return nil
    } catch {
      return "its manifest declares events: \(error)"
    }
  }

  /// Tries an image in a throw-away process, when the configuration says so.
  ///
  /// - Returns: Why it must not be mapped; `nil` when it may.
  private func probe(_ staged: StagedImage) -> String? {
    let runsCode = staged.facts.hasConstructors || !staged.libraries.isEmpty
    guard configuration.loadProbe, runsCode else { return nil }
    let outcome: LoadProbe.Outcome
    do throws(SystemError) {
      outcome = try LoadProbe.run(
        path: staged.path, executable: "/proc/self/exe", arguments: [LoadProbe.argument],
        deadline: .after(milliseconds: configuration.lifecycleDeadline / 2))
    } catch {
      return "it could not be tried in a throw-away process: \(error)"
    }
    switch outcome {
    case .loaded: return nil
    case .refused(let reason): return "the loader refused it in a throw-away process: \(reason)"
    case .crashed(let signal):
      return "its constructors crashed (\(SignalName.of(signal))) in a throw-away process"
    case .exited(let status):
      return "its constructors called exit(\(status)) in a throw-away process"
    case .hung: return "its constructors did not return in a throw-away process"
    }
  }

  private func outcome(
    _ result: (CallResult, Result<PluginCallbacks, ErrorReport>?)
  ) -> StepOutcome {
    switch result.1 {
    case nil: StepOutcome(result.0)
    case .success: .done
    case .failure(let report): .failed(report.message)
    }
  }

  /// One callback of one generation as a step.
  func step(
    _ generation: Generation, _ phase: LifecyclePhase,
    skip: @escaping @Sendable () -> Bool = { false }
  ) -> LifecycleRunner.Step {
    LifecycleRunner.Step(generation: generation, phase: phase, skip: skip) { generation in
      phase == .load ? self.loadStep(generation) : generation.outcome(of: phase)
    } finished: { outcome in
      if outcome.isDone { generation.complete(phase) }
      if outcome.taints { generation.taint() }
    }
  }

  /// Runs one callback and waits for it.
  func run(_ generation: Generation, _ phase: LifecyclePhase) -> StepOutcome {
    runner.run([step(generation, phase)], deadline: configuration.lifecycleDeadline).first
      ?? .skipped
  }

  // MARK: Faults

  /// Bookkeeping after a step failed: state, log, event, quarantine for a crash.
  func noteFailure(_ generation: Generation, _ phase: LifecyclePhase, _ outcome: StepOutcome) {
    guard let failure = outcome.failure else { return }
    let message = "\(phase.rawValue) of \(generation.id) \(generation.manifest.version): \(failure)"
    core.log.log(
      .error, generation.id, message,
      fields: ["phase": phase.rawValue, "generation": "\(generation.number)"])
    table.update(generation.id) { $0.lastError = message }
    if case .hung = outcome { core.losses.note(.lifecycleTimeout, generation.id) }
    if case .crashed(let crash) = outcome {
      core.losses.note(.crash, generation.id)
      core.onPhaseCrash(generation.instance, crash, phase)
      putInQuarantine(generation, phase, crash.cause(in: phase.rawValue))
    }
  }

  /// Puts a build where it is not tried again until an operator clears it.
  func putInQuarantine(_ generation: Generation, _ phase: LifecyclePhase, _ cause: String) {
    guard let hash = generation.hash else { return }
    let build = PluginBuild(
      id: generation.id, version: "\(generation.manifest.version)", hash: hash,
      generation: generation.number)
    do throws(SystemError) {
      try quarantine.add(QuarantineCause(build: build, cause: cause, phase: phase))
    } catch {
      core.log.log(
        .error, "quarantine", "cannot write the quarantine: \(error); the build may be tried again")
    }
    events.publish(
      "plugin.quarantined", subject: generation.id,
      ["cause": .string(cause), "hash": .string(hash.description)])
  }
}
