import CHostSupport
import Glibc

/// A crash of plugin code that was contained.
struct ContainedCrash: Sendable, Equatable {
  /// The signal's name.
  let signal: String
  /// `si_code`.
  let code: Int32
  /// The address that could not be touched or executed, for signals that have one.
  let address: UInt64?
  /// The topic of the event that was being handled; empty outside a handler.
  let topic: String
  /// The kernel's id of the thread.
  let thread: Int32
  /// The thread's name.
  let threadName: String
  /// What more is known; `nil` when the guard kept nothing.
  let detail: CrashDetail?

  /// What is known beside the signal, in one line; empty when nothing is.
  var message: String { detail?.explanation ?? "" }

  /// Whether it may have damaged memory that is not the plugin's: it was contained by `contain-all` only.
  var mayHaveDamaged: Bool {
    guard detail?.isCheck != true else { return false }
    return ["SIGSEGV", "SIGBUS", "SIGABRT"].contains(signal)
  }

  /// Describes the last crash on this thread, on which it was contained.
  init(signal: Int32) {
    self.signal = SignalName.of(signal)
    var crash = unsafe hs_guard_crash()?.pointee ?? hs_crash()
    detail = crash.signal == signal ? CrashDetail(crash) : nil
    code = crash.code
    address = signal == SIGSEGV || signal == SIGBUS ? crash.address : nil
    topic = CrashDetail.text(&crash.topic)
    thread = crash.thread
    threadName = CrashDetail.text(&crash.thread_name)
  }

  /// Signal, place and message in one line.
  func cause(in place: String) -> String {
    let at = address.map { " at \(CrashReport.Frame.hexadecimal($0))" } ?? ""
    return "\(signal)\(at) in \(place)" + (message.isEmpty ? "" : ": \(message)")
  }
}
