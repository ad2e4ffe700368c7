import EventBus
import Synchronization

/// A plugin of the model: the generation that serves, and what it registered.
final class StressPlugin: Sendable {
  struct State {
    var generation: StressGeneration
    var subscriptions: [StressSubscription] = []
    var sentries: [StressSentry] = []
    var clocks: [StressClock] = []
    var routes: [EventRoute] = []
    fileprivate var users = 0
    fileprivate var isLocked = false
  }

  let name: String
  let state: Mutex<State>

  init(_ name: String) {
    self.name = name
    state = Mutex(State(generation: StressGeneration(name, 1, standing: .serving)))
  }

  var generation: StressGeneration { state.withLock { $0.generation } }

  /// Does something with the plugin unless its generations change now.
  func use(_ body: () -> Void) {
    let isFree = state.withLock { state in
      guard !state.isLocked else { return false }
      state.users += 1
      return true
    }
    guard isFree else { return }
    body()
    state.withLock { $0.users -= 1 }
  }

  /// Lets nobody use it from here on, and answers whether somebody still does.
  func lock() -> Bool {
    state.withLock { state in
      state.isLocked = true
      return state.users > 0
    }
  }

  func unlock() { state.withLock { $0.isLocked = false } }
}
