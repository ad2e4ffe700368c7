/// Bytes that are written one behind the other into memory that grows: what the text of many records is made in.
@safe package struct ByteSink: ~Copyable {
  // Safe: the first `count` of `capacity` bytes are written.
  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// How many there are.
  package private(set) var count = 0

  /// Begins with nothing.
  ///
  /// - Parameter capacity: Bytes to make room for.
  package init(capacity: Int = 256) {
    self.capacity = max(16, capacity)
    unsafe start = .allocate(capacity: self.capacity)
  }

  deinit { unsafe start.deallocate() }

  /// What was written. Lifetime: until the next byte.
  package var bytes: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: start, count: count)
  }

  /// Writes a byte.
  @inline(__always)
  package mutating func append(_ byte: UInt8) {
    if count == capacity { grow(by: 1) }
    unsafe start[count] = byte
    count += 1
  }

  /// Writes bytes.
  @inline(__always)
  package mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let first = bytes.baseAddress else { return }
    if count + bytes.count > capacity { grow(by: bytes.count) }
    unsafe (start + count).update(from: first, count: bytes.count)
    count += bytes.count
  }

  /// Writes text.
  @inline(__always)
  package mutating func append(literal text: StaticString) {
    unsafe append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Writes text.
  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { unsafe append($0) }
  }

  @inline(never)
  private mutating func grow(by more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    unsafe moved.update(from: start, count: count)
    unsafe start.deallocate()
    unsafe start = moved
    capacity = larger
  }
}
