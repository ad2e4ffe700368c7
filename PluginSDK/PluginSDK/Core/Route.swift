import CDovetail

/// A rule that takes events from topic to topic. It lasts until it is removed or the plugin stops, also when this value is not
/// kept.
public struct Route: Sendable {
  let context: PluginContext
  let handle: dvt_handle

  /// Takes the rule away: events that are published from now on are not taken.
  ///
  /// - Throws: `gone` when it was taken away already.
  public func remove() throws(PluginError) {
    guard let remove = unsafe context.link.routes?.pointee.remove else {
      throw HostLink.missing("dovetail.routes/1")
    }
    unsafe try attempt { unsafe remove(context.link.host, handle, $0) }
  }
}
