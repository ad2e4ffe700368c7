/// Events whose subscription ended without a successor. Released when the value is let go.
@safe public final class Orphans: @unchecked Sendable {
  // Safe: immutable; the copies are counted and this value holds a reference to each.
  private let items: [DeliveryQueue.Item]
  private let layout: EventLayout

  init(items: [DeliveryQueue.Item], layout: EventLayout) {
    self.items = items
    self.layout = layout
  }

  deinit { for item in items { unsafe layout.release(item.event) } }

  /// How many there are.
  public var count: Int { items.count }

  /// Visits each event, in order.
  ///
  /// - Parameter body: Gets a borrowed event.
  public func forEach(_ body: (UnsafeMutableRawPointer) -> Void) {
    for item in items { unsafe body(item.event) }
  }
}
