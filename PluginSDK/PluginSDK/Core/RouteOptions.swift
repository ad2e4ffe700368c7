import CDovetail

/// How events are taken to another topic. The default copies every event of the pattern, under a name that the host makes.
public struct RouteOptions: Sendable {
  /// What becomes of an event where it was published.
  public enum Mode: Sendable {
    /// Its handlers receive it too.
    case copy
    /// Its handlers do not receive it.
    case move
  }

  /// What becomes of an event where it was published.
  public var mode: Mode
  /// Unique among the plugin's routes; name it when it should go on counting after a reload. Empty = pattern#ordinal.
  public var name: String
  /// What an event must meet, all of it; 0…32 conditions.
  public var filters: [EventFilter]

  /// Says how to route.
  public init(_ mode: Mode = .copy, name: String = "", filters: [EventFilter] = []) {
    self.mode = mode
    self.name = name
    self.filters = filters
  }

  /// Lends the rule to the ABI.
  func raw(_ pattern: String, to topic: String, _ arena: Arena) -> dvt_route {
    var raw = unsafe dvt_route.headed()
    unsafe raw.from = unsafe arena.text(pattern)
    unsafe raw.to = unsafe arena.text(topic)
    unsafe raw.name = unsafe arena.text(name)
    unsafe raw.filters = unsafe arena.array(filters.map { unsafe $0.raw(arena) })
    unsafe raw.filter_count = UInt64(filters.count)
    unsafe raw.mode = mode == .move ? DVT_ROUTE_MOVE : DVT_ROUTE_COPY
    return unsafe raw
  }
}
