import CDovetail
public import PluginSDK

/// A plugin in a `TestHost`, called through its table of C functions as a real host would.
///
/// Safe: the table is static and the instance pointer is used only until `stop()`.
@safe public final class RunningPlugin: @unchecked Sendable {
  /// Its id.
  public let id: String
  /// 1 for the first, then one more each reload.
  public let generation: Int

  private let core: HostCore
  private let seat: Seat
  private let table: UnsafePointer<dvt_plugin>
  private var instance: UnsafeMutableRawPointer?

  init(
    _ entry: (UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>?, id: String,
    generation: Int, _ core: HostCore, restoring state: SavedState?, _ basket: Probe.Basket? = nil
  ) throws(PluginError) {
    self.id = id
    self.generation = generation
    self.core = core
    seat = core.seat(id, UInt32(generation))
    guard let table = unsafe RunningPlugin.enter(entry, id, generation) else {
      throw PluginError(.unsupported, "the plugin refused the host")
    }
    unsafe self.table = unsafe table
    try begin(basket)
    do throws(PluginError) {
      if let state { try restore(state) }
      unsafe try step(table.pointee.post_init)
    } catch {
      try? stop()
      throw error
    }
  }

  private static func enter(
    _ entry: (UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>?, _ id: String,
    _ generation: Int
  ) -> UnsafePointer<dvt_plugin>? {
    let arena = Arena()
    var handshake = unsafe dvt_handshake.headed()
    unsafe handshake.host_version = unsafe arena.text("0.0.0-test")
    unsafe handshake.plugin_id = unsafe arena.text(id)
    unsafe handshake.generation = UInt32(generation)
    defer { withExtendedLifetime(arena) {} }
    return unsafe entry(&handshake)
  }

  private func begin(_ basket: Probe.Basket?) throws(PluginError) {
    let host = unsafe seat.host
    var made: UnsafeMutableRawPointer?
    let table = unsafe self.table
    do throws(PluginError) {
      unsafe try attempt { error in
        Probe.$basket.withValue(basket) {
          unsafe table.pointee.pre_init?(host, &made, error) ?? DVT_OK
        }
      }
      unsafe try attempt { unsafe table.pointee.`init`(host, &made, $0) }
    } catch {
      core.revoke(seat)
      throw error
    }
    unsafe instance = unsafe made
  }

  private typealias Step =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<dvt_error_sink>?
    ) -> Int32

  private func step(_ function: Step?) throws(PluginError) {
    guard let function = unsafe function else { return }
    unsafe try attempt { unsafe function(instance, $0) }
  }

  /// Brings the plugin to rest.
  public func quiesce() throws(PluginError) { unsafe try step(table.pointee.quiesce) }

  /// Lets it go on.
  public func resume() throws(PluginError) { unsafe try step(table.pointee.resume) }

  /// Asks for its state.
  public func saveState() throws(PluginError) -> [UInt8] {
    guard let save = unsafe table.pointee.save_state else { return [] }
    return unsafe try collect { unsafe save(instance, $0, $1) }
  }

  /// Hands it a state.
  public func restore(_ state: SavedState) throws(PluginError) {
    guard let restore = unsafe table.pointee.restore_state else { return }
    let arena = Arena()
    var raw = unsafe dvt_state.headed()
    unsafe raw.schema = unsafe arena.text(state.schema)
    unsafe raw.version = state.version
    unsafe raw.data = unsafe arena.bytes(state.data)
    defer { withExtendedLifetime(arena) {} }
    unsafe try attempt { unsafe restore(instance, &raw, $0) }
  }

  /// Returns when the plugin is healthy and throws its reason when not.
  public func health() throws(PluginError) { unsafe try step(table.pointee.health) }

  /// Its figures, by name; labels are left out.
  public func metrics() -> [String: Double] {
    let found = Figures()
    var sink = unsafe dvt_metric_sink.headed()
    unsafe sink.context = unsafe Unmanaged.passUnretained(found).toOpaque()
    unsafe sink.report = { pointer, metric in
      guard let pointer = unsafe pointer, let metric = unsafe metric else { return }
      let found = unsafe Unmanaged<Figures>.fromOpaque(pointer).takeUnretainedValue()
      unsafe found.values[metric.pointee.name.string] = unsafe metric.pointee.value
    }
    _ = unsafe table.pointee.metrics?(instance, &sink)
    return withExtendedLifetime(found) { found.values }
  }

  private final class Figures {
    var values: [String: Double] = [:]
  }

  /// Takes the plugin through `prepareToStop()` and `stop()`; its registrations are revoked in between.
  public func stop() throws(PluginError) {
    guard let stopping = unsafe instance else { return }
    unsafe try step(table.pointee.pre_cleanup)
    core.revoke(seat)
    unsafe instance = nil
    unsafe try attempt { unsafe table.pointee.cleanup(stopping, $0) }
  }
}
