import HostSupport

/// What a set of records is, whatever their order: how many they are, and the sum of a hash of each.
public struct RecordDigest: Sendable, Equatable {
  /// Records that were added.
  public private(set) var count = 0
  /// The sum of the first eight bytes of each record's SHA-256, modulo 2⁶⁴.
  public private(set) var sum: UInt64 = 0
  private var bytes: [UInt8] = []

  /// Of no record.
  public init() {}

  /// Of records that were counted before.
  public init(count: Int, sum: UInt64) {
    self.count = count
    self.sum = sum
  }

  /// Adds a record.
  public mutating func add(_ record: MetadataRecord) {
    bytes.removeAll(keepingCapacity: true)
    bytes += record.collection.utf8
    bytes.append(0)
    unsafe record.withKey { unsafe bytes.append(contentsOf: $0) }
    bytes.append(0)
    for number in [record.version, record.created, record.modified] { append(number) }
    if let expires = record.expires { append(UInt64(bitPattern: expires)) }
    bytes.append(0)
    record.withView { ValueText.append($0, to: &bytes) }
    var hash = SHA256()
    hash.add(bytes)
    count += 1
    sum &+= hash.digest().bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func append(_ number: UInt64) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  /// Whether both are of the same records.
  public static func == (left: RecordDigest, right: RecordDigest) -> Bool {
    left.count == right.count && left.sum == right.sum
  }
}
