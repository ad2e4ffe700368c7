import CHostSupport
import Synchronization

/// Hands out the indices of delivery counters, and takes them back.
enum CounterIndex {
  private struct State {
    var next: UInt32 = 0
    var free: [UInt32] = []
  }

  private static let state = Mutex(State())
  private static let last = UInt32(HS_COUNTERS - 1)

  /// An index nobody else counts with; the last one is shared when all are taken.
  static func take() -> UInt32 {
    state.withLock { state in
      if let index = state.free.popLast() { return index }
      guard state.next < last else { return last }
      defer { state.next += 1 }
      return state.next
    }
  }

  static func give(_ index: UInt32) {
    guard index != last else { return }
    state.withLock { $0.free.append(index) }
  }
}
