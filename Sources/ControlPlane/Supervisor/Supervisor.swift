import Glibc
public import HostSupport
import PluginHost

/// Keeps a host alive: a process that starts it as its child, and again when it has died.
///
/// 1. SIGTERM and SIGINT end both in order; SIGHUP goes to the host. When the supervisor dies, the kernel ends the host.
/// 2. A host that dies is started again, later each time, until it has served long enough; after too many deaths within a
///    window the supervisor gives up. Deaths of which a plugin was found guilty do not count: the next start is without it.
/// 3. A host that shows no sign of life, or says that its control thread makes no progress, is aborted (SIGABRT, so that it
///    is journalled) and started again.
/// 4. The supervisor has one thread and waits in `poll` only, so that nothing of the host's can hold it up.
///
/// Threading: on the process's first thread only: the kernel ends a host when the thread ends that started it.
public final class Supervisor {
  private enum Next {
    case leave(ExitCode)
    case again(afterMilliseconds: Int)
  }

  private let arguments: [String]
  private let environment: [String: String]
  private let log: LogWriter
  private let limits: ChildWatch.Limits
  private let notifier: ServiceNotifier
  private let beat: ServiceBeat
  private let window: Int
  private var policy: RestartPolicy
  private var report = SupervisionReport(pid: getpid())
  /// Whether some host of this supervisor's was ready once.
  private var hasServed = false

  /// Prepares a supervisor.
  ///
  /// - Parameters:
  ///   - arguments: Of this process; the host is started with the same.
  ///   - options: What they ask for.
  ///   - backend: Reads the configuration.
  ///   - log: Where the supervisor says what happens.
  ///   - environment: Of this process.
  /// - Throws: Why the configuration cannot be used.
  public init(
    arguments: [String], options: RunOptions, backend: Backend, log: LogWriter,
    environment: [String: String]
  ) throws(CommandFailure) {
    let configuration: HostConfiguration
    do throws(OperationError) { configuration = try backend.configure(options) } catch {
      throw CommandFailure(error)
    }
    let settings = configuration.supervision
    self.arguments = arguments
    self.environment = environment
    self.log = log
    log.level = LogLevel(rawValue: configuration.log.level.rawValue) ?? log.level
    log.format = LogFormat(rawValue: configuration.log.format.rawValue) ?? log.format
    limits = ChildWatch.Limits(
      hang: settings.hangSeconds * 1_000, stop: configuration.shutdownDeadline + 10_000)
    notifier = ServiceNotifier(environment: environment)
    beat = ServiceBeat(notifier)
    window = settings.windowSeconds
    policy = RestartPolicy(settings)
  }

  /// Runs until the host has ended because it was asked to, or has died too often. Call it once a process.
  ///
  /// - Returns: The host's own status.
  /// - Throws: `gaveUp`, or why it could not be started at all.
  public func run() throws(CommandFailure) -> ExitCode {
    let signals: SignalPipe
    do throws(SystemError) {
      signals = try SignalPipe([SIGTERM, SIGINT, SIGHUP, SIGCHLD])
    } catch {
      throw CommandFailure(.failed, "failed", "the host cannot be supervised: \(error)")
    }
    while true {
      switch try judge(try live(signals)) {
      case .leave(let code): return code
      case .again(let milliseconds):
        if isStopped(within: milliseconds, signals) { return .ok }
        report.restarts += 1
      }
    }
  }

  /// Starts a host and follows it to its end.
  private func live(_ signals: SignalPipe) throws(CommandFailure) -> ChildWatch.Life {
    do throws(SystemError) {
      let child = try SupervisedChild.start(arguments, environment: environment) { link in
        SupervisedStart(link: link, beatMilliseconds: beatMilliseconds, report: report)
      }
      log.log(.info, "supervisor", "the host was started", fields: ["host": "\(child.pid)"])
      var watch = ChildWatch(
        child, limits, signals: signals, beat: beat, notifier: notifier, log: log)
      return watch.run()
    } catch {
      guard hasServed else {
        throw CommandFailure(.failed, "failed", "the host cannot be started: \(error)")
      }
      return ChildWatch.Life(forced: "it could not be started: \(error)")
    }
  }

  /// Four signs of life in the time after which one is missed, and one every five seconds at least.
  private var beatMilliseconds: Int {
    limits.hang == 0 ? 0 : max(50, min(limits.hang / 4, 5_000))
  }

  private func judge(_ life: ChildWatch.Life) throws(CommandFailure) -> Next {
    if life.blamed != nil { policy.blamed() }
    hasServed = hasServed || life.readyAt != nil
    if let signal = life.stopSignal { return .leave(status(ofStopped: life, by: signal)) }
    if let code = life.ended, code == .ok || life.wasStopping || !hasServed { return .leave(code) }
    let death = description(of: life)
    if life.wasStopping {
      log.log(.error, "supervisor", "the host died as it ended: \(death)")
      return .leave(.failed)
    }
    report.lastDeath = death
    let now = Deadline.now()
    let served = life.readyAt.map { now &- $0 }
    switch policy.died(at: now, served: served, jitter: Double.random(in: 0...1)) {
    case .restart(let milliseconds):
      log.log(
        .error, "supervisor", "the host died: \(death); it is started again in \(milliseconds) ms")
      notifier.status("the host died: \(death); it is started again")
      return .again(afterMilliseconds: milliseconds)
    case .giveUp(let deaths):
      let times = deaths == 1 ? "once" : "\(deaths) times"
      notifier.status("gave up: the host died \(times), the last time: \(death)")
      throw CommandFailure(
        .gaveUp, "gave-up",
        "the host died \(times) within \(window) s, the last time: \(death); the supervisor gave up",
        advice:
          "see the log above for what it died of; `dovetail run --safe-mode no-plugins` starts it"
          + " without plugins")
    }
  }

  private func status(ofStopped life: ChildWatch.Life, by signal: Int32) -> ExitCode {
    if let code = life.ended { return code }
    if life.ending == .exited(128 + signal) {
      log.log(.warning, "supervisor", "the host was ended at once by a second signal")
      _exit(128 + signal)
    }
    log.log(.error, "supervisor", "the host died as it ended: \(description(of: life))")
    return life.forced == nil ? .failed : .timeout
  }

  private func description(of life: ChildWatch.Life) -> String {
    if let forced = life.forced { return forced }
    switch life.ending {
    case .exited(let status):
      return life.ended == nil
        ? "something called exit(\(status))" : "it could not start (status \(status))"
    case .killed(let signal): return "it was killed by \(SignalName.of(signal))"
    }
  }

  /// Waits before the next start; `true` when the supervisor is to end instead.
  private func isStopped(within milliseconds: Int, _ signals: SignalPipe) -> Bool {
    let deadline = Deadline.after(milliseconds: milliseconds)
    while !deadline.hasPassed {
      for signal in signals.wait(until: min(deadline, beat.next))
      where signal == SIGTERM || signal == SIGINT {
        notifier.stopping()
        return true
      }
      beat.tick()
    }
    return false
  }
}
