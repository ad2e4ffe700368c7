import EventBus
import HostSupport

/// The part of a generation's way that leads through a worker process.
extension Lifecycle {
  /// Has the worker of a generation map the image: the one that stands by, or one that is started for it.
  func startWorker(_ generation: Generation, _ staged: StagedImage) -> StepOutcome {
    if generation.worker != nil { return .done }
    let worker: Worker
    do throws(WorkerError) {
      let plan = try isolation.plan(for: generation.instance, staged, configuration)
      if let standby = takeStandby(of: generation, for: plan) {
        worker = standby
      } else {
        worker = try isolation.start(for: generation.instance, plan)
      }
    } catch {
      return .failed("\(error)")
    }
    generation.setWorker(worker)
    let failure = worker.load(staged.path, for: generation.instance) {
      [weak self, weak generation] in
      guard let self, let generation else { return }
      noticeLostWorker(of: generation)
    }
    if let failure { return .failed(worker.describe(failure.message)) }
    generation.adopt(worker)
    return .done
  }

  /// The standby, if it does for what is to be started; else it has no use any more.
  private func takeStandby(of generation: Generation, for plan: Worker.Plan) -> Worker? {
    guard let standby = generation.setStandby(nil) else { return nil }
    if standby.fits(plan) { return standby }
    _ = standby.end(whileCallsRun: false)
    return nil
  }

  /// Sees to it that a generation that serves in a worker has a standby, of what would be started now, or none when the
  /// configuration wants none. Control thread only.
  func prepareStandby(of generation: Generation) {
    guard let plugin = table[generation.id], plugin.current === generation, plugin.isActive,
      generation.isIsolated, case .staged(let staged) = generation.origin
    else { return }
    do throws(WorkerError) {
      let isWanted = configuration.isolation.standby
      let plan = try isolation.plan(for: generation.instance, staged, configuration)
      if isWanted, generation.standby?.fits(plan) == true { return }
      _ = generation.setStandby(nil)?.end(whileCallsRun: false)
      guard isWanted else { return }
      let standby = try isolation.start(for: generation.instance, plan, standsBy: true)
      _ = generation.setStandby(standby)
      standby.watch { [weak self, weak generation] in
        if let self, let generation { isolation.seeToStandby(of: generation) }
      }
    } catch {
      core.log.log(
        .warning, generation.id,
        "has no worker that stands by, so that a restart takes longer: \(error)")
    }
  }

  /// Acts when a generation has begun to serve, or serves again.
  func beginServing(_ generation: Generation) {
    noticeLostWorker(of: generation)
    if generation.isIsolated { isolation.seeToStandby(of: generation) }
  }

  /// Acts, once, when the worker of a generation that serves has failed: whoever calls into it waits for the next. Called on any
  /// thread as it fails, before any call into it returns for that; and when a generation begins to serve, for it may have failed before.
  func noticeLostWorker(of generation: Generation) {
    let instance = generation.instance
    guard let plugin = table[generation.id], plugin.state == .active,
      plugin.current === generation, generation.worker?.takeFailure() == true
    else { return }
    core.bus.closeGates(
      of: core.gatedOwners(of: instance),
      callables: core.gatedCallables(of: instance) + core.gatedValidators(of: instance))
    isolation.tell(of: generation)
  }
}

extension Generation {
  /// Runs a callback; when the worker ended in it, the outcome says how.
  func outcome(of phase: LifecyclePhase) -> StepOutcome {
    let outcome = StepOutcome(call(phase))
    guard let worker, worker.isOver, case .failed(let message) = outcome else { return outcome }
    return .failed(worker.describe(message))
  }

  /// Jobs of the plugin's executor that have not ended, wherever they run.
  var outstandingJobs: Int {
    guard isIsolated else { return instance.outstandingJobs }
    guard let worker, !worker.isOver else { return 0 }
    return worker.jobs
  }
}
