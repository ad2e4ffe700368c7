import CHostSupport

/// The calls that led to a fault, as a signal handler kept them: addresses, and the files that they lie in.
struct CrashTrace: Sendable, Equatable {
  /// A call.
  struct Frame: Sendable, Equatable {
    /// Its address in the process that crashed.
    let address: UInt64
    /// Which of the images holds it, if that is known.
    let image: Int?
  }

  /// A mapped file.
  struct Image: Sendable, Equatable {
    /// What is to be taken from an address to get what the file's symbols count from.
    let base: UInt64
    /// Its path, cut after 240 bytes.
    let path: String
  }

  /// Innermost first.
  private(set) var frames: [Frame] = []
  /// What they lie in.
  private(set) var images: [Image] = []

  /// How many bytes an `hs_trace` has.
  static let size = MemoryLayout<hs_trace>.size

  /// Knows of no calls.
  init() {}

  /// Reads the bytes of an `hs_trace`, whatever they are.
  init(_ bytes: some RandomAccessCollection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.size else { return }
    let (capacity, places) = (Int(HS_TRACE_FRAMES), 8 + Int(HS_TRACE_FRAMES) * 16)
    let count = min(Int(Self.number(bytes, 4, 4)), Int(HS_TRACE_IMAGES))
    images = (0..<count).map { index in
      let at = places + index * 256
      let length = min(Int(Self.number(bytes, at + 8, 4)), 240)
      return Image(
        base: Self.number(bytes, at, 8),
        path: String(decoding: bytes[at + 16..<at + 16 + length], as: UTF8.self))
    }
    frames = (0..<min(Int(Self.number(bytes, 0, 4)), capacity)).map { index in
      let image = Int(Self.number(bytes, 8 + index * 16 + 8, 4))
      return Frame(
        address: Self.number(bytes, 8 + index * 16, 8),
        image: (1...count + 1).contains(image) && image <= count ? image - 1 : nil)
    }
  }

  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
    bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
