import Glibc
public import HostSupport
import PluginHost

/// Carries a host through a process's life: socket, start, service manager, signals, shutdown.
///
/// 1. SIGTERM, SIGINT and SIGHUP are handed to a thread of ours.
/// 2. The host is made and the control socket bound, so that a second host fails before anything starts.
/// 3. The host starts; then the socket is served and the service manager told.
/// 4. Whoever watches the process is told that it lives, as long as the host's control thread makes progress.
/// 5. SIGHUP reads the configuration anew. SIGTERM, SIGINT or a client's `host.stop` end the host in reverse order, within the
///    deadline; a second SIGTERM or SIGINT ends the process at once.
public struct HostProcess: Sendable {
  private enum Request: Equatable {
    case stop(String)
    case reload
  }

  private struct Pending {
    var requests: [Request] = []
    var isStopping = false
  }

  private var options: RunOptions
  private let backend: Backend
  private let log: LogWriter
  private let notifier: ServiceNotifier
  private let pending = Monitor(Pending())
  private let serving = Monitor<(any HostRunner)?>(nil)

  /// Prepares a process.
  ///
  /// - Parameters:
  ///   - options: What was asked for.
  ///   - backend: Who makes the host.
  ///   - log: Where the process and the host say what happens.
  ///   - environment: For `NOTIFY_SOCKET` and `WATCHDOG_USEC`.
  ///   - supervised: Set when a supervisor started this process.
  public init(
    options: RunOptions, backend: Backend, log: LogWriter, environment: [String: String],
    supervised: SupervisedStart? = nil
  ) {
    self.options = options
    self.options.supervision = supervised?.report
    self.backend = backend
    self.log = log
    notifier = ServiceNotifier(environment: environment, supervised: supervised)
  }

  /// Runs until the host has ended. Call it once a process.
  ///
  /// - Returns: `ok` after a clean end, `timeout` when plugins did not end in time.
  /// - Throws: Why the host could not start.
  public func run() throws(CommandFailure) -> ExitCode {
    let heartbeat: Heartbeat?
    do throws(SystemError) {
      try SignalWaiter.start { [self] in receive($0) }
      heartbeat = try Heartbeat(notifier, log) { [serving] in
        serving.withLock { $0 }?.liveness ?? .alive
      }
    } catch {
      throw CommandFailure(.failed, "failed", error.description)
    }
    defer { heartbeat?.stop() }
    do throws(OperationError) {
      let host = try backend.makeHost(options, log)
      serving.update { $0 = host }
      if let blamed = host.blamed { notifier.tellSupervisor(.blamed(blamed)) }
      host.onStopRequest { [pending] in pending.update { $0.requests.append(.stop("a client")) } }
      return try carry(host)
    } catch {
      notifier.tellSupervisor(.ended(ExitCode(error.code)))
      throw CommandFailure(error)
    }
  }

  private func carry(_ host: any HostRunner) throws(OperationError) -> ExitCode {
    let socket = options.socket ?? host.controlSocket
    let server = try ControlServer(path: socket, host: host, log: log)
    do {
      try host.start()
      try server.start()
    } catch {
      server.stop(deadline: .after(milliseconds: 0))
      // What had started ends, and the next host does not take this one for one that died.
      try? host.shutDown(deadline: .after(milliseconds: host.shutdownMilliseconds))
      throw error
    }
    log.log(.info, "host", "ready", fields: ["socket": socket, "pid": "\(getpid())"])
    notifier.ready(host.statusLine)
    let cause = serveRequests(host)
    return end(host, server, cause)
  }

  /// Waits for requests and carries them out, one by one, until one asks for the end.
  private func serveRequests(_ host: any HostRunner) -> String {
    while true {
      let next: Request? = pending.wait(until: .never) { pending in
        pending.requests.isEmpty ? nil : pending.requests.removeFirst()
      }
      switch next {
      case .stop(let cause): return cause
      case .reload: reload(host)
      case nil: continue
      }
    }
  }

  private func reload(_ host: any HostRunner) {
    notifier.reloading()
    do {
      try host.reloadConfiguration()
      log.log(.info, "host", "configuration read anew")
    } catch {
      for line in error.message.split(separator: "\n") {
        log.log(.error, "host", "the configuration was not applied: \(line)")
      }
    }
    notifier.ready(host.statusLine)
  }

  private func end(_ host: any HostRunner, _ server: ControlServer, _ cause: String) -> ExitCode {
    pending.update { $0.isStopping = true }
    notifier.stopping()
    log.log(.info, "host", "stopping", fields: ["by": cause])
    let deadline = Deadline.after(milliseconds: host.shutdownMilliseconds)
    var code = ExitCode.ok
    do {
      try host.shutDown(deadline: deadline)
    } catch {
      log.log(.error, "host", error.description)
      code = ExitCode(error.code)
    }
    server.stop(deadline: min(deadline, .after(milliseconds: 1_000)))
    log.log(.info, "host", "stopped")
    notifier.tellSupervisor(.ended(code))
    // Exit handlers would wait for the loader's lock for ever.
    if host.isLoaderStuck { _exit(code.rawValue) }
    return code
  }

  private func receive(_ request: SignalWaiter.Request) {
    switch request {
    case .reload:
      pending.update { $0.requests.append(.reload) }
    case .stop(let signal):
      let name = signal == SIGINT ? "SIGINT" : "SIGTERM"
      let second = pending.update { pending in
        let was = pending.isStopping || pending.requests.contains { $0 != .reload }
        pending.requests.append(.stop(name))
        return was
      }
      guard second else { return }
      log.log(.warning, "host", "stopped at once by a second \(name)")
      _exit(128 + signal)
    }
  }
}
