import CDovetail

/// A request on a topic that was begun. It goes on, also when this value is not kept.
public struct TopicRequestHandle: Sendable {
  let context: PluginContext
  let handle: dvt_handle

  /// Asks for no more replies; its completion follows with `gone`.
  ///
  /// - Throws: `gone` when it has ended already.
  public func cancel() throws(PluginError) {
    guard let cancel = unsafe context.link.requests?.pointee.cancel else {
      throw HostLink.missing("dovetail.requests/1")
    }
    unsafe try attempt { unsafe cancel(context.link.host, handle, $0) }
  }
}
