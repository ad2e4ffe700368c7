import CDovetail
public import PluginSDK

/// A validator of writes. It lasts until it is cancelled or the plugin stops, also when this value is not kept.
public struct Validation: Sendable {
  private let context: PluginContext
  private let handle: dvt_handle

  init(_ context: PluginContext, _ handle: dvt_handle) {
    self.context = context
    self.handle = handle
  }

  /// Ends the validator: no further write is shown to it.
  ///
  /// Returns when no call happens any more, but inside the validator itself, or when its call takes longer than the host waits.
  ///
  /// - Throws: `gone` when it has ended already.
  public func cancel() throws(PluginError) {
    guard let release = unsafe try Self.table(context).pointee.release else { throw Self.tooOld }
    unsafe try attempt { unsafe release(context.host, handle, nil, nil, $0) }
  }

  /// The host's table.
  static func table(
    _ context: PluginContext
  ) throws(PluginError) -> UnsafePointer<dvt_validators> {
    unsafe try context.interface("dovetail.validators/1")
  }

  static var tooOld: PluginError {
    PluginError(.unsupported, "this host has no validators of plugins: update the host")
  }
}
