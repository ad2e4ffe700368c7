import CBridge
import CDovetail
import CHostSupport

/// What a service's calls need: the plugin's function and its context. Its service keeps it: a late caller may still hold that.
@safe final class ServiceProvider: @unchecked Sendable {
  // Safe: immutable.
  /// The user of the service's entry.
  let record: UnsafeMutablePointer<br_provider>
  let instance: PluginInstance

  init(
    handler: @escaping dvt_service_handler, context: UnsafeMutableRawPointer?,
    instance: PluginInstance
  ) {
    self.instance = instance
    unsafe record = .allocate(capacity: 1)
    unsafe record.initialize(
      to: br_provider(
        handler: handler, context: context, object: Unmanaged.passUnretained(self).toOpaque()))
  }

  deinit { unsafe record.deallocate() }

  /// The one whose record the user of an entry is; the entry cannot be freed meanwhile.
  static func behind(_ user: UnsafeRawPointer?) -> ServiceProvider? {
    guard let record = unsafe user?.assumingMemoryBound(to: br_provider.self) else { return nil }
    return unsafe Unmanaged<ServiceProvider>.fromOpaque(record.pointee.object)
      .takeUnretainedValue()
  }
}
