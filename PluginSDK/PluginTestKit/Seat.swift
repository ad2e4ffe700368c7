import CDovetail
import PluginSDK

/// One generation of one plugin in the host: what its `dvt_host` pointer stands for.
///
/// Safe: the memory is never freed, as the ABI promises for the life of the image; a test process is short.
@safe final class Seat: @unchecked Sendable {
  let core: HostCore
  let plugin: String
  let number: UInt32
  let generation: UInt32
  private let memory: UnsafeMutablePointer<Memory>

  @safe private struct Memory {
    var host: dvt_host
    var seat: Unmanaged<Seat>?
  }

  init(_ core: HostCore, _ plugin: String, number: UInt32, generation: UInt32) {
    self.core = core
    self.plugin = plugin
    self.number = number
    self.generation = generation
    unsafe memory = .allocate(capacity: 1)
    var host = dvt_host.headed()
    unsafe host.get_interface = { _, name in unsafe Tables.find(name.string) }
    Buffers.install(in: &host)
    unsafe memory.initialize(to: Memory(host: host, seat: nil))
    unsafe memory.pointee.seat = unsafe Unmanaged.passRetained(self)
  }

  /// What the plugin is given.
  var host: UnsafePointer<dvt_host> {
    unsafe UnsafeRawPointer(memory).assumingMemoryBound(to: dvt_host.self)
  }

  /// The seat behind a pointer that a plugin passed.
  static func of(_ host: UnsafePointer<dvt_host>?) -> Seat? {
    guard let host = unsafe host else { return nil }
    return unsafe UnsafeRawPointer(host).assumingMemoryBound(to: Memory.self).pointee.seat?
      .takeUnretainedValue()
  }
}
