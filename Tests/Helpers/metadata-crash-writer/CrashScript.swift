import MetadataStore

/// The endless sequence of transactions that one thread of a crash test writes: the same for the same seed.
struct CrashScript {
  /// The collection that all of them write to.
  static let collection = "crash"

  let thread: Int
  /// Whether each transaction is one record for the disk; the script of an even seed.
  private let isPlain: Bool
  private var state: UInt64

  init(seed: UInt64, thread: Int) {
    self.thread = thread
    isPlain = seed % 2 == 0
    state = (seed &* 1009 &+ UInt64(thread)) &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  private mutating func random(_ bound: UInt64) -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state % bound
  }

  /// The writes of the next transaction: one record or several, put or removed, for the disk or for the system.
  ///
  /// - Parameter step: The transaction's number, which its values have.
  /// - Returns: Writes of keys that begin with the thread's number.
  mutating func next(step: Int) -> [MetadataWrite] {
    let durability: Durability = !isPlain && random(4) == 0 ? .os : .disk
    let value = Self.value(thread: thread, step: step, size: Int(random(8) == 0 ? 1500 : 30))
    if !isPlain, random(4) == 0 {
      return (0..<4).map { put("key-\($0)", value, durability) }
    }
    let key = "key-\(random(5))"
    guard random(4) == 0 else { return [put(key, value, durability)] }
    return [.removing(name(key), from: Self.collection, durability: durability)]
  }

  private static func value(thread: Int, step: Int, size: Int) -> MetadataValue {
    .map([
      "thread": .int(Int64(thread)), "step": .int(Int64(step)),
      "pad": .bytes((0..<size).map { UInt8(truncatingIfNeeded: step &+ $0) }),
    ])
  }

  private func name(_ key: String) -> String { "\(thread)/\(key)" }

  private func put(
    _ key: String, _ value: MetadataValue, _ durability: Durability
  ) -> MetadataWrite {
    MetadataWrite(
      collection: Self.collection, key: name(key), value: value, durability: durability)
  }
}
