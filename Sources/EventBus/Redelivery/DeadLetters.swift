import Synchronization

/// The dead letters of a bus, newest last, bounded in number and bytes: the oldest give way.
///
/// Threading: any thread.
public final class DeadLetters: Sendable {
  /// How much is kept.
  public struct Bounds: Sendable, Equatable {
    /// Letters, 0…1,000,000; 0 keeps none.
    public var count: Int
    /// Bytes of their events, 0…4 GiB.
    public var bytes: Int

    /// A thousand letters in 16 MiB, where nothing else is said.
    public init(count: Int = 1_000, bytes: Int = 16 << 20) {
      self.count = count
      self.bytes = bytes
    }
  }

  private struct State {
    var letters: [DeadLetter] = []
    var bytes = 0
    var next: UInt64 = 1
    var displaced: UInt64 = 0
    var bounds: Bounds
  }

  private let state: Mutex<State>
  private let layout: EventLayout

  init(layout: EventLayout, bounds: Bounds) {
    self.layout = layout
    state = Mutex(State(bounds: bounds))
  }

  deinit { _ = drop { _ in true } }

  /// Letters that were ever kept or displaced.
  public var total: UInt64 { state.withLock { $0.next - 1 } }
  /// Letters that gave way to newer ones.
  public var displaced: UInt64 { state.withLock { $0.displaced } }
  /// Bytes of the events held now.
  public var bytes: Int { state.withLock { $0.bytes } }

  /// The letters held now, oldest first.
  public var all: [DeadLetter] { state.withLock { $0.letters } }

  /// Lends the event of a letter.
  ///
  /// - Parameters:
  ///   - id: Of the letter.
  ///   - body: Gets the letter and its borrowed event.
  /// - Returns: What `body` returns; `nil` when the letter is not held.
  public func withEvent<Result>(
    _ id: UInt64, _ body: (DeadLetter, UnsafeMutableRawPointer) -> Result
  ) -> Result? {
    let found = state.withLock { state -> DeadLetter? in
      guard let letter = state.letters.first(where: { $0.id == id }) else { return nil }
      unsafe layout.retain(letter.item.event)
      return letter
    }
    guard let found else { return nil }
    defer { unsafe layout.release(found.item.event) }
    return unsafe body(found, found.item.event)
  }

  /// Lets go of letters.
  ///
  /// - Parameter chosen: Says of each whether it is to go.
  /// - Returns: Those that went; their events are gone.
  public func drop(where chosen: (DeadLetter) -> Bool) -> [DeadLetter] {
    let dropped = take(where: chosen)
    for letter in dropped { unsafe layout.release(letter.item.event) }
    return dropped
  }

  /// The same, but each letter's reference passes to the caller.
  func take(where chosen: (DeadLetter) -> Bool) -> [DeadLetter] {
    state.withLock { state in
      let taken = state.letters.filter(chosen)
      let ids = Set(taken.map(\.id))
      state.letters.removeAll { ids.contains($0.id) }
      for letter in taken { unsafe state.bytes -= layout.size(letter.item.event) }
      return taken
    }
  }

  /// Keeps a letter, whose reference passes to the store.
  ///
  /// - Returns: The letter with its number.
  func keep(_ letter: DeadLetter) -> DeadLetter {
    var letter = letter
    let displaced = state.withLock { state -> [DeadLetter] in
      letter.id = state.next
      state.next += 1
      state.letters.append(letter)
      unsafe state.bytes += layout.size(letter.item.event)
      var displaced: [DeadLetter] = []
      while state.letters.count > state.bounds.count || state.bytes > state.bounds.bytes {
        let oldest = state.letters.removeFirst()
        unsafe state.bytes -= layout.size(oldest.item.event)
        state.displaced += 1
        displaced.append(oldest)
        if state.letters.isEmpty { break }
      }
      return displaced
    }
    for old in displaced { unsafe layout.release(old.item.event) }
    return letter
  }
}
