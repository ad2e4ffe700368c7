/// A plugin: a class or struct that the host takes through its life.
///
/// The host calls in this order, one call at a time, each with a deadline (10 s unless configured otherwise):
/// 1. `init(context:)` prepares without outside effects; on a reload the old generation still serves.
/// 2. `start()` subscribes, registers services, opens what it needs.
/// 3. `ready()` runs when every plugin has started: the place for first publishes and calls.
/// 4. For a reload: `quiesce()` and `saveState()` on the old generation; `start()`, `restoreState(_:)`, `ready()` on the new one. If
///    that fails, `resume()` on the old one.
/// 5. `prepareToStop()` is the last moment at which others still answer; `stop()` ends. All registrations are revoked before `stop()`.
///
/// `health()` and `metrics()` may be called from any thread at any time in between. What a method throws goes to the host as
/// an error and fails that step; throw `PluginError` to choose the code.
public protocol Plugin: Sendable {
  /// Prepares without outside effects.
  init(context: PluginContext) throws(PluginFailure)
  /// Subscribes, registers services, opens what it needs.
  func start() throws(PluginFailure)
  /// Publishes and calls for the first time.
  func ready() throws(PluginFailure)
  /// Comes to rest before a hand-over; tasks of `context.task` are held by the SDK.
  func quiesce() throws(PluginFailure)
  /// Goes on after a reload that was cancelled or rolled back.
  func resume() throws(PluginFailure)
  /// The bytes that the next generation starts from, at most 64 MiB; the manifest's `state` names their schema and version.
  func saveState() throws(PluginFailure) -> [UInt8]
  /// Takes over the state of the former generation.
  func restoreState(_ state: SavedState) throws(PluginFailure)
  /// Returns when healthy and throws the reason when not: a `PluginError` that is retryable says that the plugin is degraded, works
  /// and expects to recover; any other error that it is unhealthy. Called now and then; must return soon.
  func health() throws(PluginFailure)
  /// The plugin's own figures.
  func metrics() throws(PluginFailure) -> [Metric]
  /// Says good-bye while others still answer.
  func prepareToStop() throws(PluginFailure)
  /// Closes what it opened.
  func stop() throws(PluginFailure)
}

extension Plugin {
  /// Does nothing.
  public func start() throws(PluginFailure) {}
  /// Does nothing.
  public func ready() throws(PluginFailure) {}
  /// Does nothing.
  public func quiesce() throws(PluginFailure) {}
  /// Does nothing.
  public func resume() throws(PluginFailure) {}
  /// Saves nothing.
  public func saveState() throws(PluginFailure) -> [UInt8] { [] }
  /// Ignores the state.
  public func restoreState(_ state: SavedState) throws(PluginFailure) {}
  /// Always healthy.
  public func health() throws(PluginFailure) {}
  /// No figures.
  public func metrics() throws(PluginFailure) -> [Metric] { [] }
  /// Does nothing.
  public func prepareToStop() throws(PluginFailure) {}
  /// Does nothing.
  public func stop() throws(PluginFailure) {}
}
