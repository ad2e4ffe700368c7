import CDovetail

/// Runs the plugin's tasks on threads of the host, counts them, and brings them to rest.
///
/// A job is one step of a task between two suspensions. While suspended, new jobs are held, so that no thread of the plugin's
/// calls the host between `quiesce` and `resume`.
final class TaskRunner: BackgroundWork, TaskExecutor, @unchecked Sendable {
  // Safe: all state is in `state`.
  private struct State {
    var isSuspended = false
    var running = 0
    var held: [UnownedJob] = []
    var isFinishing = false
    /// Tasks that have not ended; entered before they start.
    var pending: Set<Int> = []
    /// The same, as soon as there is something to cancel.
    var tasks: [Int: Task<Void, Never>] = [:]
    var next = 0
  }

  private let link: HostLink
  private let state = Gate(State())

  init(_ link: HostLink) {
    self.link = link
  }

  /// Hands one step of a task to the host, or holds it while suspended.
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isHeld = state.update { state in
      if state.isSuspended { state.held.append(job) } else { state.running += 1 }
      return state.isSuspended
    }
    if !isHeld { submit(job) }
  }

  /// Starts a task; it is forgotten when it ends.
  func start(_ operation: @escaping @Sendable () async -> Void) {
    let number = state.update { state in
      state.next += 1
      state.pending.insert(state.next)
      return state.next
    }
    let task = Task(executorPreference: self) {
      await operation()
      self.ended(number)
    }
    let isLate = state.update { state in
      // It may have ended before it could be entered.
      if state.pending.contains(number) { state.tasks[number] = task }
      return state.isFinishing
    }
    if isLate { task.cancel() }
  }

  private func ended(_ number: Int) {
    state.update { state in
      state.pending.remove(number)
      state.tasks[number] = nil
    }
  }

  /// Tasks that have not ended.
  var count: Int { state.update { $0.pending.count } }

  override func suspend() {
    state.update { $0.isSuspended = true }
    state.wait { $0.running == 0 }
  }

  override func resume() {
    let held = state.update { state in
      let held = state.held
      state.isSuspended = false
      state.running += held.count
      state.held = []
      return held
    }
    for job in held { submit(job) }
  }

  override func finish() {
    let tasks = state.update { state in
      state.isFinishing = true
      return Array(state.tasks.values)
    }
    for task in tasks { task.cancel() }
    resume()
    state.wait { $0.pending.isEmpty && $0.running == 0 }
  }

  private func submit(_ job: UnownedJob) {
    let carried = unsafe Unmanaged.passRetained(Carried(job, self)).toOpaque()
    let code = unsafe link.executor?.pointee.submit?(link.host, Carried.run, carried)
    if code == DVT_OK { return }
    // The host takes no more: it is full, or the plugin is gone. A step that never ran would leak its task and all that waits
    // for it, so it runs on a thread of its own.
    unsafe LooseThread.run(Carried.run, carried)
  }

  fileprivate func run(_ job: UnownedJob) {
    unsafe job.runSynchronously(on: asUnownedTaskExecutor())
    state.update { $0.running -= 1 }
  }

  /// A step on its way through the host.
  private final class Carried: Sendable {
    let job: UnownedJob
    let runner: TaskRunner

    init(_ job: UnownedJob, _ runner: TaskRunner) {
      self.job = job
      self.runner = runner
    }

    static let run: dvt_job = { pointer in
      guard let pointer = unsafe pointer else { return }
      let carried = unsafe Unmanaged<Carried>.fromOpaque(pointer).takeRetainedValue()
      carried.runner.run(carried.job)
    }
  }
}
