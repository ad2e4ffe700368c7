import CHostSupport
import HostSupport

/// The host's threads for async handlers, jobs and timers: pthreads, because plugin code may block.
///
/// When all are busy for longer than `patience`, another is started, up to `most`; a thread on which plugin code crashed is
/// parked and replaced. Threading: any thread.
@safe public final class WorkerPool: @unchecked Sendable {
  // Safe: everything mutable is inside `state`.
  /// One piece of work.
  enum Work: Sendable {
    /// Serve a batch of a queue's events.
    case queue(DeliveryQueue)
    /// Make one call; answers whether it crashed.
    case job(@Sendable () -> Bool)
  }

  private struct State {
    var work = RingBuffer<Work>()
    var threads = 0
    var idle = 0
    var stopping = false
    var lastProgress: UInt64 = 0
  }

  private static let most = 64
  private static let batch = 64
  private static let patience: UInt64 = 20_000_000

  private let state = Monitor(State())
  private let minimum: Int

  init(threads: Int) {
    minimum = max(1, threads)
  }

  /// Runs a piece of work soon.
  func submit(_ work: Work) {
    let start = state.updateWakingOne { state -> Bool in
      guard !state.stopping else { return false }
      state.work.append(work)
      guard state.threads < minimum, state.idle < state.work.count else { return false }
      state.threads += 1
      return true
    }
    if start { startThread() }
  }

  /// Runs a job soon on one of the pool's threads.
  ///
  /// - Parameter job: Answers whether plugin code crashed in it.
  public func submit(job: @escaping @Sendable () -> Bool) { submit(.job(job)) }

  /// Pieces of work that wait.
  public var backlog: Int { state.withLock { $0.work.count } }

  /// Starts one more thread when work waits and no thread took any for a while: handlers that block must not starve others.
  func relieve() {
    let start = state.withLock { state -> Bool in
      let stuck = Deadline.now() &- state.lastProgress > Self.patience
      guard !state.work.isEmpty, state.idle == 0, stuck, !state.stopping else { return false }
      guard state.threads < Self.most else { return false }
      state.threads += 1
      state.lastProgress = Deadline.now()
      return true
    }
    if start { startThread() }
  }

  /// Lets the threads end once what they do is done; what waits is dropped.
  func stop() {
    state.update { state in
      state.stopping = true
      while state.work.popFirst() != nil {}
    }
    _ = state.wait(until: .after(milliseconds: 1000)) {
      $0.idle == 0 && $0.threads == 0 ? true : nil
    }
  }

  private func startThread() {
    do {
      try Thread(name: "dvt-worker") { [self] in run() }.detach()
    } catch {
      state.update { $0.threads -= 1 }
    }
  }

  private func run() {
    while let work = take() {
      let crashed: Bool
      switch work {
      case .queue(let queue): crashed = queue.run(limit: Self.batch)
      case .job(let job): crashed = job()
      }
      if crashed {
        startThread()  // takes this thread's place in the count
        park()
      }
    }
    state.update { _ in }  // `stop` waits for the last
  }

  private func take() -> Work? {
    state.withLock { $0.idle += 1 }
    return state.wait(until: .never) { state -> Work?? in
      if let work = state.work.popFirst() {
        state.idle -= 1
        state.lastProgress = Deadline.now()
        return .some(work)
      }
      guard state.stopping else { return nil }
      state.idle -= 1
      state.threads -= 1
      return .some(nil)
    } ?? nil
  }

  /// Frames of a crashed plugin lie on this stack and others may point into them: the thread sleeps for ever.
  private func park() -> Never {
    unsafe hs_name_thread("dvt-parked")
    while true { hs_sleep_forever() }
  }
}
