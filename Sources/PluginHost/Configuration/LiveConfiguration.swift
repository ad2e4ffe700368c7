import Synchronization

/// The configuration that a host works with now; SIGHUP replaces it.
///
/// Threading: any thread.
final class LiveConfiguration: Sendable {
  private let value: Mutex<HostConfiguration>

  init(_ configuration: HostConfiguration) {
    value = Mutex(configuration)
  }

  /// What holds now. Setting it affects what happens from now on; what runs keeps what it was started with.
  var current: HostConfiguration {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}
