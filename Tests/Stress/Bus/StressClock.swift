import EventBus
import Synchronization

/// A timer of the model, in one generation: it publishes.
final class StressClock: Sendable {
  let generation: StressGeneration
  let canary = Canary()
  private let timer = Mutex<ScheduledTimer?>(nil)
  private unowned let run: StressRun

  init(in generation: StressGeneration, _ run: StressRun) {
    self.generation = generation
    self.run = run
  }

  /// Starts it.
  func start(interval: Int, shadow: Bool) throws(BusError) {
    let timer = ScheduledTimer(
      owner: generation.owner, name: "t\(run.nextNumber())", delay: interval, interval: interval
    ) { [self] callable in
      unsafe callable.call(patience: 0, Unmanaged.passUnretained(self).toOpaque()) { clock in
        guard let clock = unsafe clock else { return 0 }
        unsafe Unmanaged<StressClock>.fromOpaque(clock).takeUnretainedValue().strike()
        return 0
      }
    }
    try run.scheduler.schedule(timer, shadow: shadow)
    self.timer.withLock { $0 = timer }
  }

  /// The timer, which it lets go of.
  func take() -> ScheduledTimer? {
    timer.withLock { timer in
      defer { timer = nil }
      return timer
    }
  }

  private func strike() {
    let standing = generation.standing
    guard !canary.isDead, standing == .serving else {
      return run.report("a timer of \(generation.owner) was called although it is \(standing)")
    }
    let thread = run.threads.current
    thread.sum &+= canary.look()
    run.strike(thread)
  }
}
