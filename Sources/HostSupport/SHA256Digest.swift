import CHostSupport

/// The SHA-256 hash of some bytes: 32 bytes, written as 64 hexadecimal digits.
public struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
  // Four words, most significant byte first, so that comparing and hashing are cheap.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// Takes the 32 bytes of a hash, or gives `nil` for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() {
      words[index / 8] = words[index / 8] << 8 | UInt64(byte)
    }
    self.words = (words[0], words[1], words[2], words[3])
  }

  /// Takes 64 hexadecimal digits of either case, or gives `nil` for anything else.
  public init?(_ hexadecimal: some StringProtocol) {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in hexadecimal.utf8 {
      guard let digit = SHA256Digest.value(of: character) else { return nil }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    guard high == nil else { return nil }
    self.init(bytes: bytes)
  }

  init(raw: [UInt8]) {
    self = SHA256Digest(bytes: raw) ?? SHA256Digest.zero
  }

  /// The digest whose bytes are all 0: the hash of nothing known.
  public static var zero: SHA256Digest { SHA256Digest(words: (0, 0, 0, 0)) }

  private init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// The hash of bytes in memory.
  public static func of(_ bytes: [UInt8]) -> SHA256Digest {
    unsafe bytes.withUnsafeBytes { buffer in unsafe of(buffer) }
  }

  /// The hash of bytes in memory. `bytes` is borrowed until the call returns.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
    let raw = unsafe [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
      unsafe hs_sha256_of(bytes.baseAddress, bytes.count, digest.baseAddress)
      count = 32
    }
    return SHA256Digest(raw: raw)
  }

  /// The hashes of up to eight buffers, in their order, computed side by side where the processor can.
  ///
  /// `buffers` are borrowed until the call returns.
  @unsafe public static func ofEach(_ buffers: [UnsafeRawBufferPointer]) -> [SHA256Digest] {
    let lanes = unsafe buffers.count
    precondition(lanes <= Int(HS_SHA256_LANES), "at most 8 buffers at once")
    let bases = unsafe buffers.map { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) }
    let counts = unsafe buffers.map { $0.count }
    let raw = unsafe [UInt8](unsafeUninitializedCapacity: 32 * lanes) { digests, filled in
      unsafe hs_sha256_of_many(bases, counts, lanes, digests.baseAddress)
      filled = 32 * lanes
    }
    return (0..<lanes).map { SHA256Digest(raw: Array(raw[$0 * 32..<$0 * 32 + 32])) }
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The first twelve digits, for messages.
  public var short: String { String(description.prefix(12)) }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Whether two digests are the same.
  public static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
    left.words == right.words
  }

  /// Feeds the digest to a hasher; its first word is as good as all of it.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }
}

extension SHA256Digest: Codable {
  /// Reads 64 hexadecimal digits.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = SHA256Digest(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not 64 hexadecimal digits")
    }
    self = digest
  }

  /// Writes 64 hexadecimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
