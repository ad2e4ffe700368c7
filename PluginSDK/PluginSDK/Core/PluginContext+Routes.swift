import CDovetail

extension PluginContext {
  /// Takes the events of a pattern to another topic, until the route is removed or the plugin stops.
  ///
  /// - Parameters:
  ///   - pattern: A topic, or segments with `*` (one segment) and a last `>` (one or more segments).
  ///   - topic: Where the events are taken. They keep their source.
  ///   - options: Copy or move, conditions, name.
  /// - Returns: The route; need not be kept.
  /// - Throws: `invalid` (also when the route leads back to where it begins), `exists` (name), `full` (256 a host), `denied`
  ///   (`permissions.publish` for the topic, `subscribe` for the pattern, and to move also `intercept`) or `gone`.
  @discardableResult
  public func route(
    _ pattern: String, to topic: String, _ options: RouteOptions = RouteOptions()
  ) throws(PluginError) -> Route {
    guard let add = unsafe link.routes?.pointee.add else {
      throw HostLink.missing("dovetail.routes/1")
    }
    let arena = Arena()
    var raw = unsafe options.raw(pattern, to: topic, arena)
    defer { withExtendedLifetime(arena) {} }
    var handle = dvt_handle()
    unsafe try attempt { unsafe add(link.host, &raw, &handle, $0) }
    return Route(context: self, handle: handle)
  }
}
