import CHostSupport
import EventBus
import HostSupport
import Synchronization

/// An interceptor of the model, in one generation.
final class StressSentry: Sendable {
  private static let passed: Int32 = 0
  private static let amended: Int32 = 1
  private static let answered: Int32 = 2
  private static let refused: Int32 = 3

  let name: String
  let generation: StressGeneration
  let canary = Canary()
  private let interceptor = Mutex<Interceptor?>(nil)
  private unowned let run: StressRun

  init(_ name: String, in generation: StressGeneration, _ run: StressRun) {
    self.name = name
    self.generation = generation
    self.run = run
  }

  /// Puts it around the guarded topic.
  func register(shadow: Bool) throws(BusError) {
    let options = InterceptorOptions(
      pattern: try TopicPattern(Topics.names[Topics.guarded]), name: name, stages: .events)
    let made = unsafe try run.bus.intercept(
      generation.owner, options, shadow: shadow,
      context: Unmanaged.passUnretained(self).toOpaque(), keepAlive: self
    ) { _, callable, event in
      let result = unsafe callable.call(patience: hs_patience(), event) { event in
        guard let user = unsafe hs_entry_user(hs_present_entry()) else { return 0 }
        let sentry = unsafe Unmanaged<StressSentry>.fromOpaque(user).takeUnretainedValue()
        return unsafe sentry.judge(event)
      }
      switch result.code {
      case Self.amended:
        return unsafe StressEvent.layout.copy(event).map { unsafe .amended($0) } ?? .pass
      case Self.answered: return .answered
      case Self.refused: return .refused
      default: return .pass
      }
    }
    interceptor.withLock { $0 = made }
  }

  /// Takes it away.
  func release(until deadline: Deadline) throws(BusError) -> Callable.Ending? {
    guard let interceptor = interceptor.withLock({ $0 }) else { return nil }
    return try run.bus.release(interceptor, until: deadline)
  }

  private func judge(_ event: UnsafeMutableRawPointer?) -> Int32 {
    let seen = unsafe StressEvent.seen(event)
    let standing = generation.standing
    guard !canary.isDead, standing == .serving else {
      run.report("interceptor \(name) of \(generation.owner) was called although it is \(standing)")
      return Self.passed
    }
    let thread = run.threads.current
    thread.sum &+= canary.look()
    guard let publish = thread.publishes.last, publish.identity == seen.identity else {
      run.report(
        "interceptor \(name) was called with \(seen.identity) on a thread that does not publish it")
      return Self.passed
    }
    if publish.isKept || publish.last != nil {
      run.report("interceptor \(name) was called with \(seen.identity) too late")
    }
    switch thread.random.below(8) {
    case 0: return Self.amended
    case 1:
      publish.isKept = true
      return Self.answered
    case 2:
      publish.isKept = true
      return Self.refused
    default: return Self.passed
    }
  }
}
