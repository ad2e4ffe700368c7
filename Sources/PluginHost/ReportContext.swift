import EventBus

/// What reports of plugins look up, collected once for all of them.
struct ReportContext {
  /// Ids of those that require a plugin, by its id, in order.
  let dependents: [String: [String]]
  /// Subscriptions that serve, in the order of their registration.
  let subscriptions: [Owner: [Subscription]]
  /// Services on offer.
  let services: [Owner: [Service]]

  init(_ host: Host) {
    var dependents: [String: [String]] = [:]
    for plugin in host.table.all {
      for id in plugin.manifest.requires.keys { dependents[id, default: []].append(plugin.id) }
    }
    self.dependents = dependents
    subscriptions = Dictionary(grouping: host.core.bus.subscriptions, by: \.owner)
    services = Dictionary(grouping: host.core.services.all, by: \.owner)
  }
}
