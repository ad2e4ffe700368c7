import HostSupport
import PluginHost

/// Tells whoever watches the process, again and again, that the host makes progress; and once, when it does not.
///
/// Threading: any thread may stop it.
final class Heartbeat: Sendable {
  private let isStopping = Monitor(false)

  /// Starts the thread; `nil` when nobody wants to know.
  ///
  /// - Parameters:
  ///   - notifier: Tells, as often as it says.
  ///   - log: Where a host that hangs is named.
  ///   - liveness: Asked each time; must not wait.
  /// - Throws: The system's error when it has no thread to give.
  init?(
    _ notifier: ServiceNotifier, _ log: LogWriter, liveness: @escaping @Sendable () -> Liveness
  ) throws(SystemError) {
    guard let milliseconds = notifier.watchdogMilliseconds, milliseconds > 0 else { return nil }
    try Thread(name: "dvt-heartbeat") { [isStopping] in
      var known = Liveness.alive
      repeat {
        let now = liveness()
        switch now {
        case .alive: notifier.alive()
        case .stuck(let reason) where known == .alive:
          log.log(.error, "host", "hangs: \(reason)")
          notifier.stuck(reason)
        case .stuck: break
        }
        known = now
      } while !Self.pause(isStopping, milliseconds)
    }.detach()
  }

  private static func pause(_ isStopping: Monitor<Bool>, _ milliseconds: Int) -> Bool {
    isStopping.wait(until: .after(milliseconds: milliseconds)) { $0 ? true : nil } ?? false
  }

  /// Ends the thread.
  func stop() { isStopping.update { $0 = true } }
}
