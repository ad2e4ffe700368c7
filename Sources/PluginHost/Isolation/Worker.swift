import CDovetail
import CHostSupport
import CWorkerLink
import EventBus
import Glibc
import HostSupport

/// The process of one isolated generation, and the host's link to it.
///
/// It may stand by first: started, linked and in its sandbox, with no plugin in it until `load`.
///
/// Threading: any thread; `end` once, when no call into it is in progress.
@safe final class Worker: @unchecked Sendable, WorkerWarden.Listener {
  // Safe: `link` is set before the object is shared and lives as long as it; everything mutable is inside `state`.
  private let link: OpaquePointer
  private let relay = Relay()
  /// What it was started with.
  let plan: Plan
  private let group: ControlGroup?
  private let log: @Sendable (String) -> Void
  private let state = Monitor(State())

  private struct State {
    var failure: wl_failure?
    var exit: WorkerEnd.Exit?
    var end: WorkerEnd?
    var started: WorkerWarden.Started?
    var onFailure: (@Sendable () -> Void)?
    var isTaken = false
    var tail: [UInt8] = []
    var line: [UInt8] = []
    /// Whether nothing but this object uses the link any more.
    var isUnlinked = false
    /// What it said as it stood by: of no interest unless it serves.
    var held: [String]? = nil
  }

  private static let longestTail = 4096
  private static let mostHeld = 64

  /// What a worker is started with. One does for another with the same plan.
  struct Plan: Sendable, Equatable {
    /// What it runs.
    var program: WorkerProgram
    /// Microseconds that a wait spins at most.
    var spin = 50
    /// Milliseconds after which a call that has not come back is a hang.
    var patience = 8_000
    /// What it finds in its environment.
    var environment: [String]
    /// What it may do.
    var rules: SandboxRules
    /// What it may use.
    var limits = WorkerLimits()
  }

  /// Makes the link and starts the process.
  ///
  /// - Parameters:
  ///   - plan: What with.
  ///   - warden: Starts it.
  ///   - level: The least severe level of lines that it sends.
  ///   - group: What bounds it beside the rules, where the system has that; the worker's own.
  ///   - standsBy: Whether it is for later.
  ///   - log: Told of each line that the process writes to its standard output or error; of those of one that stands by once it serves.
  /// - Throws: Why there is no process.
  init(
    _ plan: Plan, _ warden: WorkerWarden, level: LogLevel, group: ControlGroup?, standsBy: Bool,
    log: @escaping @Sendable (String) -> Void
  ) throws(WorkerError) {
    self.log = log
    self.plan = plan
    self.group = group
    if standsBy { state.withLock { $0.held = [] } }
    var (memory, socket): (Int32, Int32) = (-1, -1)
    var settings = unsafe wl_settings(
      spin: UInt32(plan.spin) * 1_000, patience: UInt64(plan.patience) * 1_000_000,
      log_level: Self.level(level), user: Unmanaged.passUnretained(relay).toOpaque(),
      failed: { user, failure in
        guard let user = unsafe user, let failure = unsafe failure else { return }
        unsafe Unmanaged<Relay>.fromOpaque(user).takeUnretainedValue().worker?.failed(
          failure.pointee)
      })
    guard let link = unsafe wl_create(&settings, &memory, &socket) else {
      throw .system(SystemError("the shared memory of a worker"))
    }
    unsafe self.link = link
    relay.worker = self
    defer { close(socket) }
    do throws(SystemError) {
      let rules = try Self.note(plan.rules.text)
      let path = plan.program.path
      let started = try warden.start(
        WorkerWarden.Order(
          path: path, arguments: [path, "\(getpid())"],
          environment: plan.environment, descriptors: [memory, socket, rules.raw]), self)
      state.update { $0.started = started }
      try group?.add(started.pid)
    } catch {
      kill()
      if pid != 0 { _ = howItEnded(until: .after(milliseconds: 5_000)) }
      _ = unlink()
      throw .system(error)
    }
  }

  deinit { if state.withLock({ $0.isUnlinked }) { unsafe wl_free(link) } }

  /// A file in memory with a text.
  private static func note(_ text: String) throws(SystemError) -> FileDescriptor {
    let bytes = Array(text.utf8)
    let note = unsafe hs_process_note(bytes, UInt64(bytes.count))
    guard note >= 0 else { throw SystemError("memfd_create") }
    return FileDescriptor(owning: note)
  }

  /// Leads from the link, which must not keep it, to the worker.
  @safe private final class Relay: @unchecked Sendable {
    // Safe: set once, before the process is started.
    weak var worker: Worker?
  }

  /// The process's id.
  var pid: Int32 { state.withLock { $0.started?.pid ?? 0 } }

  /// The callbacks of its plugin, and the `instance` that they take.
  var plugin: dvt_plugin { unsafe wl_plugin(link).pointee }
  var instance: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(link) }

  /// Jobs of the plugin's executor that have not ended.
  var jobs: Int { unsafe Int(wl_jobs(link)) }
  /// Calls that were carried to it.
  var calls: UInt64 { unsafe wl_calls(link) }

  /// Has it send lines of this level and above only.
  func setLevel(_ level: LogLevel) { unsafe wl_set_log_level(link, Self.level(level)) }

  /// A level as the ABI numbers it.
  private static func level(_ level: LogLevel) -> UInt32 {
    switch level {
    case .trace: UInt32(DVT_LOG_TRACE)
    case .debug: UInt32(DVT_LOG_DEBUG)
    case .info: UInt32(DVT_LOG_INFO)
    case .warning: UInt32(DVT_LOG_WARNING)
    case .error: UInt32(DVT_LOG_ERROR)
    }
  }

  /// Begins to serve its calls, and has it map the image.
  ///
  /// - Parameters:
  ///   - path: The staged copy.
  ///   - generation: Whose calls they are.
  ///   - onFailure: Told once that it has failed, before any call into it returns for that.
  /// - Returns: The code, and what it reported with it.
  func load(
    _ path: String, for generation: PluginInstance, onFailure: @escaping @Sendable () -> Void
  ) -> ErrorReport? {
    watch(onFailure)
    let said = state.update { state in
      defer { state.held = nil }
      return state.held
    }
    for line in said ?? [] { log(line) }
    unsafe wl_start(link, generation.host)
    let collector = ErrorCollector()
    let code = unsafe withText(path) { path in
      unsafe withText(Dovetail.version) { version in
        unsafe wl_load(
          link, path, generation.source.value, version, generation.owner.generation,
          collector.sink)
      }
    }
    if code == DVT_OK { return nil }
    return collector.take() ?? ErrorReport(code, "failed with code \(CodeName.of(code))")
  }

  // MARK: The end

  /// Names who is told, once, that it has failed, before any call into it returns for that; at once when it has.
  func watch(_ onFailure: @escaping @Sendable () -> Void) {
    let hasFailed = state.update { state in
      state.onFailure = onFailure
      return state.failure != nil
    }
    if hasFailed { onFailure() }
  }

  /// Whether it can be loaded: it runs, also by what the system says now, and is what a plan asks for.
  func fits(_ plan: Plan) -> Bool {
    guard plan == self.plan else { return false }
    return state.withLock { state in
      guard let started = state.started, state.failure == nil else { return false }
      var end = pollfd(fd: started.process, events: Int16(POLLIN), revents: 0)
      return unsafe poll(&end, 1, 0) == 0
    }
  }

  /// Whether it serves no more.
  var isOver: Bool { state.withLock { $0.failure != nil } }

  /// Whether it serves no more and nobody has asked this before: who is told so acts on it.
  func takeFailure() -> Bool {
    state.update { state in
      defer { if state.failure != nil { state.isTaken = true } }
      return state.failure != nil && !state.isTaken
    }
  }

  /// How it ended; waits until the system tells.
  func howItEnded(until deadline: Deadline) -> WorkerEnd? {
    state.wait(until: deadline) { $0.end }
  }

  /// The link is of no use any more: whatever the process does, it is not waited for.
  private func failed(_ failure: wl_failure) {
    let tell = state.update { state in
      defer {
        if state.failure == nil { state.failure = failure }
        conclude(&state)
      }
      return state.failure == nil ? state.onFailure : nil
    }
    tell?()
    if failure.why != WL_ENDED { kill() }
  }

  /// Puts its end together once both are known: what the link says, and what the system says.
  private func conclude(_ state: inout State) {
    guard state.end == nil, let failure = state.failure, let exit = state.exit else { return }
    var fault = iso_fault()
    let known = unsafe wl_fault(link, &fault) != 0
    state.end = WorkerEnd(
      exit: exit, failure: failure, milliseconds: plan.patience, fault: known ? fault : nil,
      output: state.tail)
  }

  /// Ends the process, unless it has ended.
  private func kill() {
    state.withLock { state in
      guard let started = state.started, state.exit == nil else { return }
      _ = hs_process_signal(started.process, SIGKILL)
    }
  }

  func said(_ bytes: [UInt8]) {
    let lines = state.update { state in
      state.tail.append(contentsOf: bytes)
      if state.tail.count > Self.longestTail {
        state.tail.removeFirst(state.tail.count - Self.longestTail)
      }
      state.line.append(contentsOf: bytes)
      var parts = state.line.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      state.line = Array((parts.popLast() ?? []).suffix(Self.longestTail))
      let lines = parts.lazy.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
      guard let held = state.held else { return Array(lines) }
      state.held = (held + lines).suffix(Self.mostHeld)
      return []
    }
    for line in lines { log(line) }
  }

  func ended(_ exit: WorkerEnd.Exit) {
    // First: who is told of the failure asks for the end.
    state.update { state in
      state.exit = exit
      conclude(&state)
    }
    unsafe wl_fail(link, WL_ENDED)
  }

  /// Gives the process up, so that calls into it come back. Nobody is told.
  func giveUp() {
    state.update { $0.onFailure = nil }
    unsafe wl_fail(link, WL_ENDED)
    kill()
  }

  /// A failure that was reported for it, with its end where that is the reason.
  func describe(_ message: String) -> String {
    guard isOver, let end = howItEnded(until: .after(milliseconds: 5_000)) else { return message }
    return "its worker \(end.cause)"
  }

  /// Ends the process and what serves its calls. Waits for both, which takes a moment. What is asked of it later is answered all the
  /// same: the link goes with the last who has the object.
  ///
  /// - Parameter callsRun: Whether calls into it have not come back, because they wait for another plugin that hangs: they keep the link.
  /// - Returns: Whether nothing uses the link any more.
  func end(whileCallsRun callsRun: Bool) -> Bool {
    state.update { $0.onFailure = nil }
    kill()
    _ = howItEnded(until: .after(milliseconds: 10_000))
    let isUnlinked = unlink(whileCallsRun: callsRun)
    try? group?.kill()
    try? group?.remove()
    return isUnlinked
  }

  /// Ends what serves the process's calls.
  private func unlink(whileCallsRun callsRun: Bool = false) -> Bool {
    unsafe wl_fail(link, WL_ENDED)
    let isUnlinked = unsafe !callsRun && wl_end(link) != 0
    state.withLock { $0.isUnlinked = isUnlinked }
    return isUnlinked
  }

  /// What an operator is told of it; `nil` once it has ended.
  func report(standby: Worker?) -> WorkerReport? {
    guard pid != 0, !isOver else { return nil }
    return WorkerReport(
      pid: Int(pid), calls: Int(clamping: calls),
      standby: standby.flatMap { $0.isOver ? nil : Int($0.pid) })
  }
}
