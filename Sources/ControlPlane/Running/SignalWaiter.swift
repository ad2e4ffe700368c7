import CHostSupport
import Glibc
import HostSupport

/// Turns the signals that end or reconfigure a service into calls, through a pipe that the signal handler writes to.
///
/// Signals are not blocked: programs that plugins start would inherit that and could not be ended.
enum SignalWaiter {
  enum Request: Sendable, Equatable {
    case stop(signal: Int32)
    case reload
  }

  /// Calls `body` for each signal, on a thread of its own, until the process ends.
  ///
  /// One waiter a process: a second one takes the signals over. SIGPIPE and SIGXFSZ are ignored from now on, and whatever
  /// signals the process was started with as blocked are not blocked any more: neither SIGTERM nor a contained trap could arrive.
  static func start(_ body: @escaping @Sendable (Request) -> Void) throws(SystemError) {
    let readEnd = try pipe(of: [SIGTERM, SIGINT, SIGHUP])
    try Thread(name: "signals") {
      var number: UInt8 = 0
      while true {
        guard unsafe read(readEnd, &number, 1) == 1 else { continue }
        body(Int32(number) == SIGHUP ? .reload : .stop(signal: Int32(number)))
      }
    }.detach()
  }

  /// The same without a thread: each signal is a byte, its number, that can be read from a pipe.
  ///
  /// - Parameter signals: Which ones.
  /// - Returns: The end to read from, open until the process ends.
  /// - Throws: The system's error.
  static func pipe(of signals: [Int32]) throws(SystemError) -> Int32 {
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    var ends: [Int32] = [-1, -1]
    guard unsafe Glibc.pipe(&ends) == 0 else { throw SystemError("pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow fails the write, not the host.
    signal(SIGXFSZ, SIG_IGN)
    guard unsafe hs_forward_signals(signals, Int32(signals.count), ends[1]) == 0 else {
      throw SystemError("sigaction")
    }
    return ends[0]
  }
}
