import Glibc

/// Groups of records that are worth the same in some slots, numbered in the order in which they are found.
///
/// Keys are kept where they lie, in the records, so the records must outlive the table.
@safe struct GroupTable: ~Copyable {
  // Safe: all memory is this value's own and as large as its counts say; packed values are whole, as `PackedView` says.

  /// How many groups there are.
  private(set) var count = 0
  private let width: Int
  private var capacity = 64
  private var keys: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  private var hashes: UnsafeMutablePointer<UInt64>
  /// Numbers of groups plus 1; 0 for a free place. Twice as many as `capacity`.
  private var places: UnsafeMutablePointer<Int32>
  private let copies: ValueCopies
  /// Nobody can choose values whose hashes are the same.
  private let seed = UInt64.random(in: .min ... .max)

  /// Begins without groups.
  ///
  /// - Parameters:
  ///   - width: How many slots, the first ones of a row, make a group.
  ///   - copies: Where values are kept that do not lie in records.
  init(width: Int, _ copies: ValueCopies) {
    self.width = width
    self.copies = copies
    unsafe keys = .allocate(capacity: max(1, width) * capacity)
    unsafe hashes = .allocate(capacity: capacity)
    unsafe places = .allocate(capacity: capacity * 2)
    unsafe places.initialize(repeating: 0, count: capacity * 2)
  }

  deinit {
    unsafe keys.deallocate()
    unsafe hashes.deallocate()
    unsafe places.deallocate()
  }

  /// The value of a group in one of its slots.
  func key(_ group: Int, _ slot: Int) -> PackedView? {
    unsafe keys[group * width + slot].map { unsafe PackedView($0) }
  }

  /// The number of a row's group.
  ///
  /// - Returns: `count` before the call, for a new one.
  @inline(__always)
  mutating func group(of row: Row) -> Int {
    var hash = seed
    for slot in 0..<width {
      hash = unsafe ValueHash.add(row[slot].map { unsafe PackedView($0) }, to: hash)
    }
    let mask = capacity * 2 - 1
    var place = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
    while unsafe places[place] != 0 {
      let group = unsafe Int(places[place]) - 1
      if unsafe hashes[group] == hash && isEqual(group, row) { return group }
      place = (place + 1) & mask
    }
    return unsafe insert(row, hash, place)
  }

  @inline(__always)
  private func isEqual(_ group: Int, _ row: Row) -> Bool {
    for slot in 0..<width {
      guard let key = unsafe keys[group * width + slot], let value = unsafe row[slot] else {
        if unsafe keys[group * width + slot] == nil && row[slot] == nil { continue }
        return false
      }
      guard unsafe ValueHash.areEqual(PackedView(key), PackedView(value)) else { return false }
    }
    return true
  }

  private mutating func insert(_ row: Row, _ hash: UInt64, _ place: Int) -> Int {
    for slot in 0..<width {
      unsafe (keys + count * width + slot).initialize(to: copies.stable(row[slot], slot))
    }
    unsafe (hashes + count).initialize(to: hash)
    count += 1
    unsafe places[place] = Int32(count)
    if count == capacity { grow() }
    return count - 1
  }

  private mutating func grow() {
    let wider = capacity * 2
    let keys = UnsafeMutablePointer<UnsafePointer<UInt8>?>.allocate(
      capacity: max(1, width) * wider)
    unsafe keys.moveInitialize(from: self.keys, count: width * count)
    unsafe self.keys.deallocate()
    unsafe self.keys = keys
    let hashes = UnsafeMutablePointer<UInt64>.allocate(capacity: wider)
    unsafe hashes.moveInitialize(from: self.hashes, count: count)
    unsafe self.hashes.deallocate()
    unsafe self.hashes = hashes
    unsafe places.deallocate()
    unsafe places = .allocate(capacity: wider * 2)
    unsafe places.initialize(repeating: 0, count: wider * 2)
    capacity = wider
    let mask = wider * 2 - 1
    for group in 0..<count {
      let hash = unsafe hashes[group]
      var place = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
      while unsafe places[place] != 0 { place = (place + 1) & mask }
      unsafe places[place] = Int32(group + 1)
    }
  }
}

/// A hash of values that is the same for values that are worth the same.
enum ValueHash {
  /// The hash of what came before and of a value, `nil` for none.
  @inline(__always)
  static func add(_ view: PackedView?, to hash: UInt64) -> UInt64 {
    guard let view else { return mix(hash, 0xA076_1D64_78BD_642F) }
    switch view.kind {
    case .null, .no, .yes: return mix(hash, UInt64(view.kind.rawValue) << 56)
    case .int, .date: return mix(hash, UInt64(bitPattern: view.int))
    case .double:
      let number = view.double
      return mix(
        hash, Int64(exactly: number).map { UInt64(bitPattern: $0) } ?? number.bitPattern)
    case .string, .bytes: return unsafe add(view.text, to: hash)
    case .list, .map: return addContents(of: view, to: hash)
    }
  }

  /// Whether two values are worth the same.
  @inline(__always)
  static func areEqual(_ left: PackedView, _ right: PackedView) -> Bool {
    let kind = left.kind
    guard kind == right.kind else { return ValueOrder.compare(left, right) == 0 }
    switch kind {
    case .int, .date: return left.int == right.int
    case .string, .bytes:
      let (text, other) = unsafe (left.text, right.text)
      guard text.count == other.count else { return false }
      guard let start = text.baseAddress, let otherStart = other.baseAddress else { return true }
      return unsafe memcmp(start, otherStart, text.count) == 0
    default: return ValueOrder.compare(left, right) == 0
    }
  }

  private static func addContents(of view: PackedView, to hash: UInt64) -> UInt64 {
    var hash = mix(hash, UInt64(view.count))
    view.forEachElement { element in
      hash = add(element, to: hash)
      return true
    }
    unsafe view.forEachMember { name, member in
      hash = unsafe add(member, to: add(name, to: hash))
      return true
    }
    return hash
  }

  @inline(__always)
  private static func add(_ text: UnsafeBufferPointer<UInt8>, to hash: UInt64) -> UInt64 {
    var hash = hash ^ UInt64(text.count)
    guard var next = unsafe UnsafeRawPointer(text.baseAddress) else { return mix(hash, 0) }
    var left = text.count
    while left >= 8 {
      hash = unsafe mix(hash, next.loadUnaligned(as: UInt64.self))
      unsafe next += 8
      left -= 8
    }
    var rest: UInt64 = 0
    for index in 0..<left {
      rest |= unsafe UInt64(next.load(fromByteOffset: index, as: UInt8.self)) << UInt64(index * 8)
    }
    return mix(hash, rest)
  }

  @inline(__always)
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let (high, low) = (hash ^ word).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    return high ^ low ^ hash >> 32
  }
}

/// Keeps values that lie in the memory of a row, which the next record writes over.
@safe final class ValueCopies {
  // Safe: the memory is this object's own, and each piece is as large as the largest value of a record's own.
  private let isOfRecord: [Bool]
  private var pieces: [UnsafeMutablePointer<UInt8>]

  /// Keeps values of slots.
  init(_ slots: FieldSlots) {
    unsafe pieces = []
    isOfRecord = slots.fields.map { if case .path = $0 { false } else { true } }
  }

  deinit {
    for index in unsafe pieces.indices { unsafe pieces[index].deallocate() }
  }

  /// The value of a slot where it stays.
  ///
  /// - Parameters:
  ///   - value: The value in a row.
  ///   - slot: Its slot.
  ///   - former: What this returned for a value that is of no use any more.
  /// - Returns: A value in a record as it is, else a copy.
  func stable(
    _ value: UnsafePointer<UInt8>?, _ slot: Int, replacing former: UnsafePointer<UInt8>? = nil
  ) -> UnsafePointer<UInt8>? {
    guard let value = unsafe value, isOfRecord[slot] else { return unsafe value }
    let piece: UnsafeMutablePointer<UInt8>
    if let former = unsafe former {
      unsafe piece = unsafe UnsafeMutablePointer(mutating: former)
    } else {
      unsafe piece = .allocate(capacity: 8 + MetadataWrite.maximumKeyBytes)
      unsafe pieces.append(piece)
    }
    unsafe piece.update(from: value, count: PackedView(value).end - value)
    return unsafe UnsafePointer(piece)
  }
}
