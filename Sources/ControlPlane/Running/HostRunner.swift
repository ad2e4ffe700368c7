public import HostSupport
public import PluginHost

/// A host that `dovetail run` can carry through a process's life.
///
/// Threading: the three methods below are called one at a time, by the thread that called `HostProcess.run`; those of
/// `HostControl` by the control server's threads, from before `start` until after `shutDown`.
public protocol HostRunner: HostControl {
  /// Starts: state directory, journal, plugins. Plugins that fail are reported, not thrown.
  func start() throws(OperationError)
  /// Reads the configuration anew and applies what can change while running.
  func reloadConfiguration() throws(OperationError)
  /// Ends all plugins in reverse order; throws when the deadline passed before all had ended.
  func shutDown(deadline: Deadline) throws(OperationError)
  /// The host's name.
  var name: String { get }
  /// The socket in the host's state directory, an absolute path.
  var controlSocket: String { get }
  /// How long a shutdown may take, in milliseconds; may change when the configuration is read anew.
  var shutdownMilliseconds: Int { get }
  /// Names the closure that `HostControl.stop` must call, from any thread and without waiting.
  func onStopRequest(_ body: @escaping @Sendable () -> Void)
  /// Whether some plugin's constructor or destructor never came back: the process must end without running exit handlers.
  var isLoaderStuck: Bool { get }
  /// Whether it makes progress; asked on any thread, from before `start` on, and never waits.
  var liveness: Liveness { get }
  /// The build that the host before died of, if it was found and is quarantined since, in prose.
  var blamed: String? { get }
  /// What the service manager shows of it while it serves.
  var statusLine: String { get }
}

extension HostRunner {
  /// Nothing is stuck in a host that does not say so.
  public var isLoaderStuck: Bool { false }
  /// A host that does not say so is not stuck.
  public var liveness: Liveness { .alive }
  /// Nobody.
  public var blamed: String? { nil }
  /// That it serves.
  public var statusLine: String { "serving \(name)" }
}
