import CDovetail
import Glibc
public import PluginSDK
import Synchronization

/// A host in memory, for a plugin's own tests: no shared object, no threads of its own, a clock that the test moves.
///
/// ```swift
/// let host = try TestHost(settings: #"{"limit": 3}"#)
/// let plugin = try host.run(MyPlugin.self)
/// try host.context.publisher(tick).publish(Tick(count: 1))
/// #expect(host.events.map(\.type) == ["clock.tick", "my-plugin.seen"])
/// try plugin.stop()
/// ```
///
/// It speaks the same C ABI as the real one. Handlers run on the publishing thread: synchronous ones before `publish` returns,
/// queued ones right after the outermost `publish`. A failed delivery is tried again, without jitter, when `advance` has moved
/// the clock past its pause; a time limit is measured when the handler has returned. An event that does
/// not fit what was declared of its topic is refused. Permissions, capacities and lanes have no effect.
public final class TestHost: Sendable {
  /// The test's own seat in the host, to publish, subscribe, call and read with; its plugin id is `test`.
  public let context: PluginContext
  let core: HostCore

  /// Starts a host.
  ///
  /// - Parameter settings: The plugins' settings as JSON text.
  /// - Throws: `invalid` when the text is not JSON.
  public init(settings: String = "{}") throws(PluginError) {
    core = HostCore(settings: try Settings(settings))
    let probe = Probe.Basket()
    _ = unsafe try RunningPlugin(
      { unsafe export(Probe.self, $0) }, id: "test", generation: 1, core, restoring: nil, probe)
    guard let context = probe.context else {
      throw PluginError(.failed, "the test's own seat could not be made")
    }
    self.context = context
  }

  /// Takes a plugin through `init(context:)`, `start()` and `ready()`.
  ///
  /// - Parameters:
  ///   - type: The plugin.
  ///   - id: Its id, as the manifest would have it.
  /// - Returns: The plugin, running.
  /// - Throws: What the plugin reported to the host.
  public func run<P: Plugin>(_ type: P.Type, id: String = "plugin") throws(PluginError)
    -> RunningPlugin
  {
    unsafe try RunningPlugin(
      { unsafe export(type, $0) }, id: id, generation: 1, core, restoring: nil)
  }

  /// Loads a plugin in any language from its shared object, and takes it through the same steps. The image stays mapped. The
  /// corresponding C function is `dlopen`.
  ///
  /// - Parameters:
  ///   - path: The shared object.
  ///   - id: Its id, as the manifest has it.
  /// - Returns: The plugin, running.
  /// - Throws: `invalid` with the linker's words, or what the plugin reported to the host.
  public func load(_ path: String, id: String) throws(PluginError) -> RunningPlugin {
    guard let image = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw PluginError(
        .invalid, unsafe "\(path): \(dlerror().map { unsafe String(cString: $0) } ?? "?")")
    }
    guard let symbol = unsafe dlsym(image, DVT_ENTRY_SYMBOL) else {
      throw PluginError(.invalid, "\(path): exports no \(DVT_ENTRY_SYMBOL)")
    }
    let entry = unsafe unsafeBitCast(symbol, to: dvt_entry.self)
    return unsafe try RunningPlugin(
      { unsafe entry($0) }, id: id, generation: 1, core, restoring: nil)
  }

  /// Replaces a plugin by another build of it that takes over its state.
  ///
  /// - Parameters:
  ///   - old: Is quiesced, saves its state, and is stopped when the new one runs.
  ///   - type: The new build.
  ///   - schema: `state.schema` of the old build's manifest.
  ///   - version: `state.version` of the old build's manifest.
  /// - Returns: The new one.
  /// - Throws: What either reported; then the old one has been resumed.
  public func reload<P: Plugin>(
    _ old: RunningPlugin, as type: P.Type, schema: String = "", version: UInt64 = 1
  ) throws(PluginError) -> RunningPlugin {
    try old.quiesce()
    do throws(PluginError) {
      let state = SavedState(schema: schema, version: version, data: try old.saveState())
      let new = unsafe try RunningPlugin(
        { unsafe export(type, $0) }, id: old.id, generation: old.generation + 1, core,
        restoring: state)
      try old.stop()
      return new
    } catch {
      try old.resume()
      throw error
    }
  }

  /// Every event that was published so far, in order.
  public var events: [Event] { core.state.withLock { $0.published } }

  /// What handlers and timers reported as failed, in order.
  public var failures: [PluginError] { core.state.withLock { $0.failures } }

  /// Every line that was logged so far, in order.
  public var log: [LogLine] { core.state.withLock { $0.log } }

  /// Moves the clock and runs the timers and retries that come due, in order of their times.
  public func advance(milliseconds: Int) {
    core.advance(UInt64(max(0, milliseconds)))
  }
}
