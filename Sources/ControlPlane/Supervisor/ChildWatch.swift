import Glibc
import HostSupport

/// Follows one supervised host from its start to its end: passes signals and messages on, and ends it when it hangs.
struct ChildWatch: ~Copyable {
  /// How long things may take, in milliseconds.
  struct Limits {
    /// From one sign of life to the next; 0 for any time.
    var hang: Int
    /// From the beginning of its end to its end.
    var stop: Int
  }

  /// What became of a host.
  struct Life {
    /// How its process ended.
    var ending = SupervisedChild.Ending.exited(0)
    /// What it said that it would exit with; `nil` when it died without a word.
    var ended: ExitCode?
    /// When it was ready, in nanoseconds; `nil` when it never was.
    var readyAt: UInt64?
    /// The signal that asked supervisor and host to end.
    var stopSignal: Int32?
    /// Whether it had begun to end in order.
    var wasStopping = false
    /// Why it was ended by force.
    var forced: String?
    /// The build that the host before died of.
    var blamed: String?
  }

  private enum Standing {
    case runs
    case stops(until: Deadline)
    case dies(until: Deadline)
    case killed
  }

  private static let abortMilliseconds = 5_000
  private let child: SupervisedChild
  private let limits: Limits
  private let signals: SignalPipe
  private let beat: ServiceBeat
  private let notifier: ServiceNotifier
  private let log: LogWriter
  private var life = Life()
  private var standing = Standing.runs
  private var lastSign = Deadline.now()
  private var isLinked = true

  init(
    _ child: consuming SupervisedChild, _ limits: Limits, signals: SignalPipe, beat: ServiceBeat,
    notifier: ServiceNotifier, log: LogWriter
  ) {
    self.child = child
    self.limits = limits
    self.signals = signals
    self.beat = beat
    self.notifier = notifier
    self.log = log
  }

  /// Follows it to its end.
  mutating func run() -> Life {
    while true {
      if let ending = child.reap() {
        readMessages()
        life.ending = ending
        return life
      }
      for signal in signals.wait(with: isLinked ? child.link.raw : nil, until: soonest) {
        pass(signal)
      }
      readMessages()
      beat.tick()
      enforce()
    }
  }

  private var soonest: Deadline {
    switch standing {
    case .runs: min(hang, beat.next)
    case .stops(let deadline), .dies(let deadline): min(deadline, beat.next)
    case .killed: beat.next
    }
  }

  private var hang: Deadline {
    limits.hang == 0
      ? .never : Deadline(nanoseconds: lastSign &+ UInt64(limits.hang) &* 1_000_000)
  }

  private mutating func pass(_ signal: Int32) {
    switch signal {
    case SIGHUP: child.signal(SIGHUP)
    case SIGTERM, SIGINT:
      // A second one ends the host at once.
      child.signal(signal)
      life.stopSignal = signal
      beginStop()
    default: break
    }
  }

  private mutating func beginStop() {
    guard case .runs = standing else { return }
    standing = .stops(until: .after(milliseconds: limits.stop))
  }

  private mutating func readMessages() {
    guard isLinked else { return }
    let (texts, isClosed) = child.messages()
    isLinked = !isClosed
    for text in texts { take(text) }
  }

  private mutating func take(_ text: String) {
    lastSign = Deadline.now()
    switch HostMessage(text) {
    case .ready:
      if life.readyAt == nil { life.readyAt = lastSign }
      notifier.send("\(text)\nMAINPID=\(getpid())")
    case .stopping:
      life.wasStopping = true
      beginStop()
      notifier.send(text)
    case .alive: break
    case .stuck(let reason): abort(because: reason)
    case .ended(let code): life.ended = code
    case .blamed(let build): life.blamed = build
    case .other: notifier.send(text)
    }
  }

  private mutating func enforce() {
    switch standing {
    case .runs where hang.hasPassed:
      abort(because: "it has shown no sign of life for \(limits.hang / 1_000) s")
    case .stops(let deadline) where deadline.hasPassed:
      kill(because: "it had not ended \(limits.stop / 1_000) s after it was asked to")
    case .dies(let deadline) where deadline.hasPassed:
      kill(because: "\(life.forced ?? "it hangs"), and it did not end when it was aborted")
    default: break
    }
  }

  private mutating func abort(because reason: String) {
    guard case .runs = standing else { return }
    log.log(.error, "supervisor", "the host (pid \(child.pid)) is aborted: \(reason)")
    life.forced = reason
    child.signal(SIGABRT)
    // A process that is stopped gets no signal before this one.
    child.signal(SIGCONT)
    standing = .dies(until: .after(milliseconds: Self.abortMilliseconds))
  }

  private mutating func kill(because reason: String) {
    log.log(.error, "supervisor", "the host (pid \(child.pid)) is killed: \(reason)")
    life.forced = reason
    child.signal(SIGKILL)
    standing = .killed
  }
}
