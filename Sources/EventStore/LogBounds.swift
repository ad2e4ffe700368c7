/// How much a log may hold; the oldest segments give way, whole.
public struct LogBounds: Sendable, Equatable {
  /// Bytes on the disk, 1 MiB….
  public var bytes: Int
  /// Records, 1….
  public var count: UInt64
  /// Nanoseconds that a record is kept; `nil` for any time.
  public var age: Int64?

  /// Bounds a log. Count and age are kept to within one segment, which holds at most an eighth of either.
  public init(bytes: Int = 256 << 20, count: UInt64 = 10_000_000, age: Int64? = nil) {
    self.bytes = bytes
    self.count = count
    self.age = age
  }

  /// Bytes after which a segment is full.
  var segmentBytes: Int { min(16 << 20, max(32 << 10, bytes / 16)) }
  /// Records after which a segment is full.
  var segmentCount: UInt64 { max(1, count / 8) }
  /// Nanoseconds after which a segment is full.
  var segmentAge: Int64 { age.map { max(1, $0 / 8) } ?? .max }
  /// The most bytes of one record.
  var recordBytes: Int { min(SegmentFormat.bodies.upperBound, bytes / 2) }
}
