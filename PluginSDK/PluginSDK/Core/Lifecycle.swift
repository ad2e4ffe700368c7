/// A plugin's methods with its type erased, without an existential.
struct Lifecycle: Sendable {
  let start: @Sendable () throws(PluginFailure) -> Void
  let ready: @Sendable () throws(PluginFailure) -> Void
  let quiesce: @Sendable () throws(PluginFailure) -> Void
  let resume: @Sendable () throws(PluginFailure) -> Void
  let saveState: @Sendable () throws(PluginFailure) -> [UInt8]
  let restoreState: @Sendable (SavedState) throws(PluginFailure) -> Void
  let health: @Sendable () throws(PluginFailure) -> Void
  let metrics: @Sendable () throws(PluginFailure) -> [Metric]
  let prepareToStop: @Sendable () throws(PluginFailure) -> Void
  let stop: @Sendable () throws(PluginFailure) -> Void

  /// Takes the methods of a plugin.
  init<P: Plugin>(_ plugin: P) {
    start = { () throws(PluginFailure) in try plugin.start() }
    ready = { () throws(PluginFailure) in try plugin.ready() }
    quiesce = { () throws(PluginFailure) in try plugin.quiesce() }
    resume = { () throws(PluginFailure) in try plugin.resume() }
    saveState = { () throws(PluginFailure) in try plugin.saveState() }
    restoreState = { (state) throws(PluginFailure) in try plugin.restoreState(state) }
    health = { () throws(PluginFailure) in try plugin.health() }
    metrics = { () throws(PluginFailure) in try plugin.metrics() }
    prepareToStop = { () throws(PluginFailure) in try plugin.prepareToStop() }
    stop = { () throws(PluginFailure) in try plugin.stop() }
  }
}
