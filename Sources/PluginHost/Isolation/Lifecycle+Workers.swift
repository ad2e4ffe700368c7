import EventBus
import HostSupport

/// The part of a generation's way that leads through a worker process.
extension Lifecycle {
  /// Starts the worker of a generation and has it map the image.
  func startWorker(_ generation: Generation, _ staged: StagedImage) -> StepOutcome {
    if generation.worker != nil { return .done }
    let worker: Worker
    do throws(WorkerError) {
      worker = try isolation.start(for: generation.instance, staged, configuration)
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
