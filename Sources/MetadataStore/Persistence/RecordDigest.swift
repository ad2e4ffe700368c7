import HostSupport

/// What a set of records is, whatever their order: how many they are, and the sum of a hash of each.
public struct RecordDigest: Sendable, Equatable {
  /// Records that were added.
  public private(set) var count = 0
  /// The sum of the first eight bytes of each record's SHA-256, modulo 2⁶⁴.
  public private(set) var sum: UInt64 = 0

  /// Of no record.
  public init() {}

  /// Of records that were counted before.
  public init(count: Int, sum: UInt64) {
    self.count = count
    self.sum = sum
  }

  /// The sum in hexadecimal.
  public var checksum: String { String(sum, radix: 16) }

  /// Adds a record.
  public mutating func add(_ record: MetadataRecord) {
    var bytes = ByteSink(capacity: 512)
    bytes.append(record.collection)
    bytes.append(0)
    unsafe record.withKey { unsafe bytes.append($0) }
    bytes.append(0)
    for number in [record.version, record.created, record.modified] {
      Self.append(number, to: &bytes)
    }
    if let expires = record.expires { Self.append(UInt64(bitPattern: expires), to: &bytes) }
    bytes.append(0)
    record.withView { ValueText.append($0, to: &bytes) }
    var hash = SHA256()
    unsafe hash.add(UnsafeRawBufferPointer(bytes.bytes))
    count += 1
    sum &+= hash.digest().bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func append(_ number: UInt64, to bytes: inout ByteSink) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  /// Whether both are of the same records.
  public static func == (left: RecordDigest, right: RecordDigest) -> Bool {
    left.count == right.count && left.sum == right.sum
  }
}
