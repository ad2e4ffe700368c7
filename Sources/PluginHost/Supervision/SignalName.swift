/// Names of signals.
public enum SignalName {
  /// The name of a signal's number, such as `SIGILL`; `signal 40` for one that ends no process by itself.
  public static func of(_ signal: Int32) -> String {
    switch signal {
    case 1: "SIGHUP"
    case 2: "SIGINT"
    case 3: "SIGQUIT"
    case 4: "SIGILL"
    case 5: "SIGTRAP"
    case 6: "SIGABRT"
    case 7: "SIGBUS"
    case 8: "SIGFPE"
    case 9: "SIGKILL"
    case 11: "SIGSEGV"
    case 13: "SIGPIPE"
    case 15: "SIGTERM"
    case 24: "SIGXCPU"
    case 31: "SIGSYS"
    default: "signal \(signal)"
    }
  }
}
