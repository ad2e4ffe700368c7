/// Makes packed values; `PackedView` has their form.
///
/// Values are written one after the other. A list or map is begun, its elements or members follow, and it is ended.
package struct PackedWriter {
  /// Why a value cannot be recorded.
  package enum Refusal: Error, Sendable, Equatable {
    /// Nested deeper than `MetadataValue.maximumDepth`.
    case tooDeep
    /// Larger than `MetadataValue.maximumSize`; its size so far.
    case tooLarge(Int)
    /// A number that is not finite.
    case notFinite
    /// A map has a name twice.
    case twice(String)
    /// Text that is no UTF-8.
    case notText
  }

  /// A list or map that was begun.
  package struct Container {
    let start: Int
    var count: UInt32 = 0
    /// Where the name of the last member begins; -1 before the first.
    var lastName = -1
    var isSorted = true
    var hasWideNames = false
  }

  package private(set) var bytes: [UInt8] = []
  /// What limits count: see `MetadataValue.size`.
  package private(set) var weight = 0
  private var depth = 0

  /// Begins with nothing written.
  ///
  /// - Parameter capacity: Bytes to make room for.
  package init(capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  /// Begins anew in the same memory.
  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    weight = 0
    depth = 0
  }

  /// Lends what was written.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    unsafe bytes.withUnsafeBufferPointer { unsafe body($0) }
  }

  /// Writes null.
  package mutating func null() { scalar(.null) }

  /// Writes true or false.
  package mutating func bool(_ flag: Bool) { scalar(flag ? .yes : .no) }

  /// Writes an integer.
  package mutating func int(_ number: Int64) {
    scalar(.int)
    append(UInt64(bitPattern: number))
  }

  /// Writes a number.
  ///
  /// - Throws: `.notFinite`.
  package mutating func double(_ number: Double) throws(Refusal) {
    guard number.isFinite else { throw .notFinite }
    scalar(.double)
    append(number.bitPattern)
  }

  /// Writes a date in nanoseconds since 1970-01-01 UTC.
  package mutating func date(_ nanoseconds: Int64) {
    scalar(.date)
    append(UInt64(bitPattern: nanoseconds))
  }

  /// Writes text, whose bytes must be UTF-8, or bytes.
  ///
  /// - Parameters:
  ///   - content: The bytes.
  ///   - kind: `.string` or `.bytes`.
  package mutating func text(_ content: UnsafeBufferPointer<UInt8>, _ kind: PackedKind) {
    bytes.append(kind.rawValue)
    weight += content.count
    length(content.count)
    unsafe bytes.append(contentsOf: content)
  }

  /// Writes text.
  package mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { unsafe self.text($0, .string) }
  }

  /// Begins a list or map.
  ///
  /// - Parameter kind: `.list` or `.map`.
  /// - Returns: What to pass to `element`, `name` and `end`.
  /// - Throws: `.tooDeep`, `.tooLarge`.
  package mutating func begin(_ kind: PackedKind) throws(Refusal) -> Container {
    depth += 1
    // The scalars inside are one deeper.
    guard depth <= MetadataValue.maximumDepth else { throw .tooDeep }
    let container = Container(start: bytes.count)
    bytes.append(kind.rawValue)
    bytes.append(contentsOf: repeatElement(0, count: 8))
    return container
  }

  /// Says that an element of a list follows.
  ///
  /// - Throws: `.tooLarge`.
  package mutating func element(of list: inout Container) throws(Refusal) {
    try checkDepth()
    list.count += 1
    weight += 8
    guard weight <= MetadataValue.maximumSize else { throw .tooLarge(weight) }
  }

  /// Writes the name of a map's next member, whose value follows.
  ///
  /// - Throws: `.tooLarge`.
  package mutating func name(
    _ name: UnsafeBufferPointer<UInt8>, of map: inout Container
  ) throws(Refusal) {
    try checkDepth()
    map.count += 1
    weight += 8 + name.count
    guard weight <= MetadataValue.maximumSize else { throw .tooLarge(weight) }
    let start = bytes.count
    length(name.count)
    unsafe bytes.append(contentsOf: name)
    if map.isSorted, map.lastName >= 0 { map.isSorted = isOrdered(map.lastName, start) }
    if !map.hasWideNames { map.hasWideNames = unsafe name.contains { $0 >= 0x80 } }
    map.lastName = start
  }

  /// Ends a list or map: brings members in order.
  ///
  /// - Throws: `.twice`.
  package mutating func end(_ container: Container) throws(Refusal) {
    depth -= 1
    if !container.isSorted { try sort(container) }
    if container.hasWideNames { try checkEquivalence(container) }
    let start = container.start
    let size = UInt32(bytes.count - start - 5)
    unsafe bytes.withUnsafeMutableBytes { raw in
      unsafe raw.storeBytes(of: size, toByteOffset: start + 1, as: UInt32.self)
      unsafe raw.storeBytes(of: container.count, toByteOffset: start + 5, as: UInt32.self)
    }
  }

  /// Writes a whole value.
  ///
  /// - Throws: Why it cannot be recorded; what was written is then of no use.
  package mutating func write(_ value: MetadataValue) throws(Refusal) {
    switch value {
    case .null: null()
    case .bool(let flag): bool(flag)
    case .int(let number): int(number)
    case .double(let number): try double(number)
    case .date(let nanoseconds): date(nanoseconds)
    case .string(let text): string(text)
    case .bytes(let content): unsafe content.withUnsafeBufferPointer { unsafe text($0, .bytes) }
    case .list(let elements):
      var list = try begin(.list)
      for value in elements {
        try element(of: &list)
        try write(value)
      }
      try end(list)
    case .map(let members):
      var map = try begin(.map)
      for (name, value) in members {
        unsafe try name.utf8Span.span.withUnsafeBufferPointer { (bytes) throws(Refusal) in
          unsafe try self.name(bytes, of: &map)
        }
        try write(value)
      }
      try end(map)
    }
    guard weight <= MetadataValue.maximumSize else { throw .tooLarge(weight) }
  }

  /// Copies a packed value.
  ///
  /// - Throws: `.tooLarge`.
  package mutating func write(_ view: PackedView) throws(Refusal) {
    let count = unsafe view.end - view.start
    weight += count
    guard weight <= MetadataValue.maximumSize else { throw .tooLarge(weight) }
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: view.start, count: count))
  }

  private func checkDepth() throws(Refusal) {
    guard depth < MetadataValue.maximumDepth else { throw .tooDeep }
  }

  private mutating func scalar(_ kind: PackedKind) {
    bytes.append(kind.rawValue)
    weight += 8
  }

  private mutating func append(_ word: UInt64) {
    unsafe withUnsafeBytes(of: word) { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func length(_ length: Int) {
    var rest = length
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Whether the name at one place comes before that at another.
  private func isOrdered(_ left: Int, _ right: Int) -> Bool {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return true }
      return unsafe Self.compare(base + left, base + right) < 0
    }
  }

  private static func compare(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>) -> Int {
    let (leftCount, leftName) = unsafe PackedView.length(at: left)
    let (rightCount, rightName) = unsafe PackedView.length(at: right)
    return unsafe ByteOrder.compare(
      UnsafeBufferPointer(start: leftName, count: leftCount),
      UnsafeBufferPointer(start: rightName, count: rightCount))
  }

  private mutating func sort(_ map: Container) throws(Refusal) {
    let body = Array(bytes[(map.start + 9)...])
    let sorted = unsafe try body.withUnsafeBufferPointer { (body) throws(Refusal) -> [UInt8] in
      guard let base = body.baseAddress else { return [] }
      var starts: [Int] = []
      var next = unsafe base
      for _ in 0..<map.count {
        unsafe starts.append(next - base)
        let (length, name) = unsafe PackedView.length(at: next)
        unsafe next = unsafe PackedView(name + length).end
      }
      starts.sort { unsafe Self.compare(base + $0, base + $1) < 0 }
      var sorted: [UInt8] = []
      sorted.reserveCapacity(body.count)
      for (index, start) in starts.enumerated() {
        let (length, name) = unsafe PackedView.length(at: base + start)
        if index > 0, unsafe Self.compare(base + starts[index - 1], base + start) == 0 {
          throw .twice(
            unsafe String(decoding: UnsafeBufferPointer(start: name, count: length), as: UTF8.self))
        }
        let end = unsafe PackedView(name + length).end
        unsafe sorted.append(
          contentsOf: UnsafeBufferPointer(start: base + start, count: end - (base + start)))
      }
      return sorted
    }
    bytes.replaceSubrange((map.start + 9)..., with: sorted)
  }

  /// Refuses two names that are one in Unicode's eyes, which `MetadataValue` could not hold.
  private func checkEquivalence(_ map: Container) throws(Refusal) {
    var names: Set<String> = []
    var twice: String?
    unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      var next = unsafe base + map.start + 9
      for _ in 0..<map.count {
        let (length, name) = unsafe PackedView.length(at: next)
        let text = unsafe String(
          decoding: UnsafeBufferPointer(start: name, count: length), as: UTF8.self)
        if !names.insert(text).inserted { twice = text }
        unsafe next = unsafe PackedView(name + length).end
      }
    }
    if let twice { throw .twice(twice) }
  }
}
