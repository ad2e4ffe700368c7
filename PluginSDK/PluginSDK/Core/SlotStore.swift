/// One plugin of this image, as its entry call described it.
struct Slot: Sendable {
  /// Makes an instance.
  typealias Factory = @Sendable (PluginContext) throws(PluginFailure) -> Instance

  /// Tells it from the image's other plugins.
  let type: Int
  /// Makes the plugin.
  let make: Factory
  /// What the handshake said last.
  let identity: PluginContext.Identity
}

#if hasFeature(Embedded)
  /// The image's one plugin. It lies in the image's own memory: what an entry call allocated would be lost when the image is
  /// unmapped, once each reload.
  enum SlotStore {
    // Safe: the host makes the entry and the lifecycle calls of one generation one at a time.
    nonisolated(unsafe) private static var only: Slot?

    /// Keeps a slot.
    static func note(_ slot: Slot) -> (number: Int, isNew: Bool)? {
      unsafe only = slot
      return (0, true)
    }

    /// The slot of a number.
    static func find(_ number: Int) -> Slot? { unsafe only }

    /// Frees what the slot holds, after the plugin's end.
    static func forget() { unsafe only = nil }
  }
#else
  /// The image's plugins, in the order of their first entry.
  enum SlotStore {
    private static let slots = Guarded<[Slot]>([])

    /// Keeps a slot; a known plugin keeps its number.
    static func note(_ slot: Slot) -> (number: Int, isNew: Bool)? {
      slots.withLock { slots in
        if let known = slots.firstIndex(where: { $0.type == slot.type }) {
          slots[known] = slot
          return (known, false)
        }
        guard slots.count < Slots.count else { return nil }
        slots.append(slot)
        return (slots.count - 1, true)
      }
    }

    /// The slot of a number.
    static func find(_ number: Int) -> Slot? {
      slots.withLock { number < $0.count ? $0[number] : nil }
    }

    /// Keeps all: an ordinary image is never unmapped.
    static func forget() {}
  }
#endif
