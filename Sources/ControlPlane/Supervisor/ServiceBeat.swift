import HostSupport

/// The supervisor's own signs of life to the service manager. A reference: it goes on from one host to the next.
final class ServiceBeat {
  private let notifier: ServiceNotifier
  private(set) var next: Deadline

  init(_ notifier: ServiceNotifier) {
    self.notifier = notifier
    next = notifier.watchdogMilliseconds == nil ? .never : .after(milliseconds: 0)
  }

  /// Shows one when it is due.
  func tick() {
    guard let milliseconds = notifier.watchdogMilliseconds, next.hasPassed else { return }
    notifier.alive()
    next = .after(milliseconds: milliseconds)
  }
}
