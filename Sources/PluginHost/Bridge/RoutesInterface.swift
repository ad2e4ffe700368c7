import CDovetail
import EventBus

/// `dovetail.routes/1`.
@safe enum RoutesInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_routes(
      struct_size: UInt32(MemoryLayout<dvt_routes>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      add: { host, route, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let route = unsafe route, let out = unsafe out else {
            throw ErrorReport(DVT_INVALID, "route and out must not be NULL")
          }
          try unsafe ABIEntry.checkSize(
            route.pointee.struct_size, "dvt_route", atLeast: MemoryLayout<dvt_route>.size)
          unsafe out.pointee = try add(instance, route.pointee)
          return DVT_OK
        }
      },
      remove: { host, handle, error in unsafe Withdrawal.run(host, handle, nil, nil, error) }))

  private static func add(
    _ instance: PluginInstance, _ given: dvt_route
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    let name = unsafe given.name.text
    let rule: EventRoute.Rule
    do throws(BusError) { rule = try unsafe self.rule(given) } catch { throw ErrorReport(error) }
    if let denial = denial(of: rule, to: instance.patterns) {
      instance.core.noteDenial(instance.id, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
    do throws(BusError) {
      let route = try instance.core.bus.route(
        instance.owner, rule, name: name.isEmpty ? nil : name, shadow: instance.mode == .shadow)
      return instance.register(.route(route))
    } catch {
      throw ErrorReport(error)
    }
  }

  private static func rule(_ given: dvt_route) throws(BusError) -> EventRoute.Rule {
    let mode: EventRoute.Mode
    switch unsafe given.mode {
    case DVT_ROUTE_COPY: mode = .copy
    case DVT_ROUTE_MOVE: mode = .move
    case let other: throw .invalid("mode is \(other), expected DVT_ROUTE_COPY or DVT_ROUTE_MOVE")
    }
    return try EventRoute.Rule(
      from: TopicPattern(unsafe given.from.text),
      conditions: unsafe SubscriptionReading.conditions(given.filters, given.filter_count),
      to: unsafe given.to.text, mode: mode)
  }

  /// Why a plugin may not have a rule: it reads what it takes, writes where it takes it, and keeps from others what it moves.
  private static func denial(
    of rule: EventRoute.Rule, to patterns: PermissionPatterns
  ) -> String? {
    patterns.denialOfPublish(rule.to) ?? patterns.denialOfSubscribe(rule.from)
      ?? (rule.mode == .move ? patterns.denialOfIntercept(rule.from) : nil)
  }
}
