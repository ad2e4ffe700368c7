import EventBus
import HostSupport

/// Rules that take events from topic to topic.
extension Host {
  /// Puts the rules of a configuration in the place of those of the one before.
  ///
  /// - Throws: `invalid` when they lead in a circle; those before stay.
  func setRoutes(_ configuration: HostConfiguration) throws(OperationError) {
    do throws(BusError) {
      var rules: [EventRoute.Rule] = []
      for route in configuration.routes { rules.append(try route.rule()) }
      try core.bus.setRoutes(core.bus.hostOwner, rules)
    } catch {
      throw OperationError(
        .invalid, "the routes of the configuration cannot be used: \(error)",
        advice: "correct \"routes\" in the configuration")
    }
  }

  /// The rules in force, in the order in which they were added.
  public func routes() throws(OperationError) -> [RouteReport] {
    core.bus.routes.map { route in
      RouteReport(
        from: "\(route.rule.from)", filter: route.rule.conditions.map(\.description),
        to: route.rule.to, mode: route.rule.mode.rawValue, owner: route.owner.name,
        name: route.name, routed: route.routed, loops: route.loops)
    }
  }
}
