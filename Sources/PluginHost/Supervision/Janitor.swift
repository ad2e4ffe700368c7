import HostSupport

/// Looks after what nobody waits for, about every 50 ms, on a thread that runs no plugin code and waits for none.
///
/// Threading: any thread may stop it.
final class Janitor: Sendable {
  /// From one look to the next.
  static let milliseconds = 50
  private let isStopping = Monitor(false)

  /// Starts the thread.
  ///
  /// - Parameter look: What to do each time.
  /// - Throws: The system's error when it has no thread to give.
  init(_ look: @escaping @Sendable () -> Void) throws(SystemError) {
    try Thread(name: "dvt-janitor") { [isStopping] in
      while !Self.pause(isStopping) { look() }
    }.detach()
  }

  /// Waits until it is time to look again, or to end.
  private static func pause(_ isStopping: Monitor<Bool>) -> Bool {
    isStopping.wait(until: .after(milliseconds: milliseconds)) { $0 ? true : nil } ?? false
  }

  /// Ends the thread after the look that it takes now.
  func stop() { isStopping.update { $0 = true } }
}
