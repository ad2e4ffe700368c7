import MetadataStore

/// The endless sequence of transactions that a crash test writes: the same for the same seed.
struct CrashScript {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  private mutating func random(_ bound: UInt64) -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state % bound
  }

  /// The writes of the next transaction, which are the step's number under one key or several.
  mutating func next(step: Int) -> [MetadataWrite] {
    let value = MetadataValue.map(["step": .int(Int64(step)), "pad": .bytes([1, 2, 3])])
    if random(4) == 0 {
      return (0..<4).map { put("batch-\($0)", value) }
    }
    let key = "key-\(random(5))"
    return random(4) == 0 ? [.removing(key, from: "crash")] : [put(key, value)]
  }

  private func put(_ key: String, _ value: MetadataValue) -> MetadataWrite {
    MetadataWrite(collection: "crash", key: key, value: value, durability: .disk)
  }
}
