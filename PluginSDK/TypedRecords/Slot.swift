import PluginSDK

/// A place that an encoder fills: containers are handed out before they have all their members.
final class Slot {
  private enum State {
    case empty
    case value(Value)
    case list([Slot])
    case map([String: Slot])
  }

  private var state = State.empty

  /// What was put; an empty place is null.
  var value: Value {
    switch state {
    case .empty: .null
    case .value(let value): value
    case .list(let slots): .list(slots.map(\.value))
    case .map(let slots): .map(slots.mapValues(\.value))
    }
  }

  /// Puts a value.
  func put(_ value: Value) { state = .value(value) }

  /// Makes it a list, unless it is one, and counts its elements.
  func beginList() -> Int {
    if case .list(let slots) = state { return slots.count }
    state = .list([])
    return 0
  }

  /// Makes it a map, unless it is one.
  func beginMap() {
    if case .map = state { return }
    state = .map([:])
  }

  /// A new element of a list.
  func append() -> Slot {
    let slot = Slot()
    if case .list(var slots) = state {
      state = .empty
      slots.append(slot)
      state = .list(slots)
    } else {
      state = .list([slot])
    }
    return slot
  }

  /// The member of a map.
  func member(_ name: String) -> Slot {
    let slot = Slot()
    if case .map(var slots) = state {
      state = .empty
      slots[name] = slot
      state = .map(slots)
    } else {
      state = .map([name: slot])
    }
    return slot
  }
}
