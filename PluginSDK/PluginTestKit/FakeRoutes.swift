import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.routes/1`. Rules that lead in a circle are not refused: an event goes along eight of them.
enum FakeRoutes {
  fileprivate static let mostHops = 8

  static func table() -> dvt_routes {
    var table = dvt_routes.headed()
    unsafe table.add = { host, route, out, sink in
      guard let seat = unsafe Seat.of(host), let route = unsafe route?.pointee else {
        return DVT_INVALID
      }
      do throws(PluginError) {
        let entry = unsafe Entry(
          .route, seat, name: route.name.string, pattern: route.from.string, nil)
        entry.way = try unsafe RouteWay(route)
        return unsafe seat.core.enter(entry, out)
      } catch {
        unsafe error.report(to: sink)
        return error.code.rawValue
      }
    }
    unsafe table.remove = { host, handle, _ in
      unsafe Seat.of(host)?.core.end(handle, nil, nil) ?? DVT_INVALID
    }
    return table
  }
}

/// A route, read and checked as a host does.
struct RouteWay: Sendable {
  let from: TopicMatcher
  let to: String
  let conditions: [Condition]
  let isMove: Bool

  init(_ raw: dvt_route) throws(PluginError) {
    let pattern = unsafe raw.from.string
    guard let from = TopicMatcher(pattern, allowingWildcards: true) else {
      throw .refusal("\"\(pattern)\" is no pattern of topics")
    }
    to = unsafe raw.to.string
    guard TopicMatcher(to, allowingWildcards: false) != nil else {
      throw .refusal("\"\(to)\" is no topic")
    }
    guard unsafe raw.mode <= DVT_ROUTE_MOVE else {
      throw .refusal("mode is \(unsafe raw.mode), expected DVT_ROUTE_COPY or DVT_ROUTE_MOVE")
    }
    self.from = from
    isMove = unsafe raw.mode == DVT_ROUTE_MOVE
    conditions = try unsafe Wishes.conditions(raw.filters, raw.filter_count)
  }

  /// The event as it arrives; `nil` when the route does not take it.
  func taking(_ event: Event) -> Event? {
    guard from.matches(event.type), conditions.allSatisfy({ $0.holds(for: event) }) else {
      return nil
    }
    func attribute(_ name: String) -> String? {
      event.extensions.first { $0.name == name }?.value
    }
    let hops = attribute("routehops").flatMap { Int($0) } ?? 0
    guard hops < FakeRoutes.mostHops else { return nil }
    let origin = attribute("routedfrom") ?? event.type
    var taken = event
    taken.extensions.removeAll { $0.name == "routehops" || $0.name == "routedfrom" }
    taken.extensions += [("routehops", "\(hops + 1)"), ("routedfrom", origin)]
    return taken
  }
}

extension HostCore {
  /// Takes an event along the routes of its topic, in the order of their registration.
  ///
  /// - Returns: Whether one of them moved it.
  func route(_ event: borrowing dvt_event, _ topic: String) -> Bool {
    let ways = state.withLock { state in
      state.entries.values.filter { $0.kind == .route }.sorted { $0.token < $1.token }
        .compactMap(\.way)
    }
    guard !ways.isEmpty else { return false }
    let present = unsafe withUnsafePointer(to: event) { unsafe Event(EventView($0)) }
    var isMoved = false
    for way in ways {
      guard let taken = way.taking(present) else { continue }
      let arena = Arena()
      var raw = unsafe taken.raw(arena)
      unsafe raw.type = unsafe arena.text(way.to)
      _ = unsafe FakeEvents.publish(&raw, way.to, self, nil)
      withExtendedLifetime(arena) {}
      if way.isMove { isMoved = true }
    }
    return isMoved
  }
}
