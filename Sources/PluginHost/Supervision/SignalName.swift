/// Names of signals.
enum SignalName {
  /// The name of a signal's number, such as `SIGILL`.
  static func of(_ signal: Int32) -> String {
    switch signal {
    case 4: "SIGILL"
    case 5: "SIGTRAP"
    case 6: "SIGABRT"
    case 7: "SIGBUS"
    case 8: "SIGFPE"
    case 11: "SIGSEGV"
    default: "signal \(signal)"
    }
  }
}
