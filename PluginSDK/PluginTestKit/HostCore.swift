import CDovetail
import Glibc
import MetadataStore
import PluginSDK
import Synchronization

/// The state of a `TestHost`. No plugin code runs while it is locked.
final class HostCore: Sendable {
  /// The settings of all plugins.
  let settings: Settings
  let state = Mutex(State())

  init(settings: Settings) {
    self.settings = settings
  }

  /// What the host remembers.
  struct State: Sendable {
    var published: [Event] = []
    var failures: [PluginError] = []
    var log: [LogLine] = []
    var topics: [String] = []
    var sequences: [String: UInt64] = [:]
    var entries: [UInt64: Entry] = [:]
    var queue: [Delivery] = []
    var retries: [Delivery] = []
    var deadLetters = 0
    var depth = 0
    var clock: UInt64 = 0
    var store = Store()
    var providers: [String: OfferedProvider] = [:]
    var snapshots: [UInt64: Store] = [:]
    var definitions: [String: CollectionDefinition] = [:]
    var tokens: UInt64 = 0
    /// The thread that judges a write.
    var judging: pthread_t?
    var seats: UInt32 = 0
    var openBreakers: Set<OpenBreaker> = []
    /// Calls that they rejected.
    var rejected: [OpenBreaker: UInt64] = [:]
  }

  /// A seat for a plugin.
  func seat(_ plugin: String, _ generation: UInt32) -> Seat {
    let number = state.withLock { state in
      state.seats += 1
      return state.seats
    }
    return Seat(self, plugin, number: number, generation: generation)
  }

  /// Notes a registration.
  func enter(_ entry: Entry, _ out: UnsafeMutablePointer<dvt_handle>?) -> Int32 {
    let isNew = state.withLock { state in
      let isTaken = state.entries.values.contains { other in
        guard !other.isDead, other.kind == entry.kind, other.name == entry.name else {
          return false
        }
        if entry.kind == .service && other.seat.plugin != entry.seat.plugin { return true }
        return other.seat === entry.seat
      }
      if isTaken && !entry.name.isEmpty { return false }
      state.tokens += 1
      entry.token = state.tokens
      state.entries[entry.token] = entry
      return true
    }
    guard isNew else { return DVT_EXISTS }
    unsafe out?.pointee = dvt_handle(
      plugin: entry.seat.number, generation: entry.seat.generation, token: entry.token)
    return DVT_OK
  }

  /// Ends a registration, at once or when its running calls have returned.
  func end(_ handle: dvt_handle, _ done: dvt_completion?, _ context: UnsafeMutableRawPointer?)
    -> Int32
  {
    state.withLock { state in
      guard let entry = state.entries.removeValue(forKey: handle.token) else { return DVT_GONE }
      entry.isDead = true
      guard entry.running > 0 else { return DVT_OK }
      unsafe entry.completion = unsafe (done, context)
      return DVT_PENDING
    }
  }

  /// Ends all registrations of a plugin.
  func revoke(_ seat: Seat) {
    state.withLock { state in
      for (token, entry) in state.entries where entry.seat === seat {
        entry.isDead = true
        state.entries[token] = nil
      }
      state.queue.removeAll { $0.entry.isDead }
    }
  }

  /// Calls a handler unless its registration has ended, and notes what it reports.
  ///
  /// - Returns: How it failed.
  @discardableResult
  func call(_ entry: Entry, _ body: (UnsafePointer<dvt_error_sink>) -> Int32) -> PluginError? {
    let isAlive = state.withLock { _ in
      if !entry.isDead { entry.running += 1 }
      return !entry.isDead
    }
    guard isAlive else { return nil }
    defer { returned(entry) }
    do throws(PluginError) {
      unsafe try attempt(body)
      return nil
    } catch {
      state.withLock { $0.failures.append(error) }
      return error
    }
  }

  /// Notes that a call has returned, and tells who waits for the last.
  func returned(_ entry: Entry) {
    let completion = unsafe state.withLock { _ in
      entry.running -= 1
      guard entry.running == 0 else { return unsafe nil as Entry.Completion? }
      defer { unsafe entry.completion = nil }
      return unsafe entry.completion
    }
    unsafe completion?.done?(completion?.context, DVT_OK)
  }
}
