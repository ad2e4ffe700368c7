import Glibc
import HostSupport

extension CrashReport {
  /// Fills in what was found out about a contained crash.
  mutating func describe(_ crash: ContainedCrash, _ symbols: CrashSymbols) {
    signal = crash.signal
    signalCode = Int(crash.code)
    address = crash.address.map(Frame.hexadecimal)
    topic = crash.topic.isEmpty ? nil : crash.topic
    thread = Int(crash.thread)
    threadName = crash.threadName
    describe(crash.detail, symbols)
  }

  private mutating func describe(_ detail: CrashDetail?, _ symbols: CrashSymbols) {
    guard let detail else { return }
    policy = detail.policy?.rawValue ?? ""
    sequence = detail.sequence == 0 ? nil : detail.sequence
    message = detail.explanation
    backtrace = symbols.frames(of: detail.trace)
    instruction = backtrace.first
    if let label = detail.label.isEmpty ? nil : detail.label, place == nil { place = label }
    if let place, place.hasPrefix("service ") { service = String(place.dropFirst(8)) }
  }

  /// The report of what ended the host before; `nil` when it was neither a crash nor a call of `exit` nor a plugin.
  init?(_ run: PreviousRun, _ symbols: CrashSymbols) {
    if run.cleanShutdown { return nil }
    if let crash = run.crash {
      self.init(crash, symbols)
    } else if let exit = run.exit {
      self.init(of: exit.build, .fatal, cause: exit.description)
      exitStatus = exit.status < 0 ? nil : Int(exit.status)
      phase = exit.phase?.rawValue
    } else if let culprit = run.culprit {
      self.init(of: culprit.build, .fatal, cause: culprit.cause)
      phase = culprit.phase?.rawValue
    } else {
      return nil
    }
  }

  private init(_ crash: PreviousRun.Crash, _ symbols: CrashSymbols) {
    self.init(
      of: crash.build, .fatal, cause: crash.description, at: Int64(crash.time * 1e3) * 1_000_000)
    phase = crash.phase?.rawValue
    signal = SignalName.of(crash.signal)
    signalCode = Int(crash.code)
    if crash.signal == SIGSEGV || crash.signal == SIGBUS {
      address = Frame.hexadecimal(crash.address)
    }
    topic = crash.topic.isEmpty ? nil : crash.topic
    inHost = crash.inHost && crash.phase != .load
    thread = Int(crash.threadID)
    threadName = crash.thread
    describe(crash.detail, symbols)
  }
}
