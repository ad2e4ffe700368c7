import EventBus
import Synchronization

/// A generation of a plugin of the model: what it registered must be called while it serves, and at no other time.
final class StressGeneration: Sendable {
  enum Standing: Int {
    /// It waits for its commit.
    case shadow
    case serving
    /// Its gates are closed and it is drained.
    case resting
    case ended
  }

  let owner: Owner
  private let state = Atomic<Int>(Standing.shadow.rawValue)

  init(_ name: String, _ number: UInt32, standing: Standing) {
    owner = Owner(name: name, generation: number)
    state.store(standing.rawValue, ordering: .relaxed)
  }

  /// Relaxed: the bus alone orders calls before what follows their end.
  var standing: Standing {
    get { Standing(rawValue: state.load(ordering: .relaxed)) ?? .ended }
    set { state.store(newValue.rawValue, ordering: .relaxed) }
  }
}

/// Memory of a registration's that is freed as soon as the bus says that no call happens any more: a late call reads freed
/// memory, which a sanitizer sees even where the flag came too late to be seen.
@safe final class Canary: @unchecked Sendable {
  // Safe: freed once; whoever reads it afterwards is what is looked for.
  private let memory: UnsafeMutablePointer<Int>
  private let dead = Atomic<Bool>(false)

  init() {
    unsafe memory = .allocate(capacity: 1)
    unsafe memory.initialize(to: 1)
  }

  /// Whether the bus said that no call happens any more.
  var isDead: Bool { dead.load(ordering: .relaxed) }

  /// What lies in the memory, 1. Not when `isDead`.
  func look() -> Int { unsafe memory.pointee }

  /// No call happens any more.
  func kill() {
    guard !dead.exchange(true, ordering: .relaxed) else { return }
    // ThreadSanitizer sees this, and not all that the Swift runtime frees.
    unsafe memory.pointee = 0
    unsafe memory.deallocate()
  }
}
