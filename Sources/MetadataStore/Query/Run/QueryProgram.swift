import Glibc

/// A compiled condition: tests that send one to the next, over constants in packed form.
///
/// Threading: immutable, any thread.
@safe final class QueryProgram: @unchecked Sendable {
  // Safe: the memory is written in `init` only and released in `deinit`; constants are packed by `PackedWriter`.
  private let tests: UnsafeMutableBufferPointer<QueryTest>
  private let constants: UnsafeMutableBufferPointer<UInt8>
  /// Where the constants of `among` lie, those of one test in order.
  private let table: UnsafeMutableBufferPointer<Int32>
  private let words: [WordSearch]
  private let first: Int32

  init(
    tests: [QueryTest], first: Int32, constants: [UInt8], table: [Int32], words: [WordSearch]
  ) {
    self.first = first
    self.words = words
    unsafe self.tests = .allocate(capacity: tests.count)
    _ = unsafe self.tests.initialize(from: tests)
    unsafe self.constants = .allocate(capacity: constants.count)
    _ = unsafe self.constants.initialize(from: constants)
    unsafe self.table = .allocate(capacity: table.count)
    _ = unsafe self.table.initialize(from: table)
  }

  deinit {
    unsafe tests.deallocate()
    unsafe constants.deallocate()
    unsafe table.deallocate()
  }

  /// Whether the condition is true of a row.
  @inline(__always)
  func accepts(_ row: Row) -> Bool {
    var next = first
    while next >= 0 {
      guard let test = unsafe tests.baseAddress.map({ unsafe $0 + Int(next) }) else { return true }
      next = unsafe holds(test, row) ? test.pointee.yes : test.pointee.no
    }
    return next == QueryTest.accepts
  }

  @inline(__always)
  private func holds(_ test: UnsafePointer<QueryTest>, _ row: Row) -> Bool {
    guard let place = unsafe row[Int(test.pointee.slot)] else { return false }
    let field = unsafe PackedView(place)
    switch unsafe test.pointee.operation {
    case .exists: return true
    case .isNull: return field.kind == .null
    case .compare: return unsafe compare(test, field)
    case .among: return unsafe isAmong(test, field)
    case .prefix, .contains, .under:
      guard unsafe field.kind == test.pointee.kind else { return false }
      return unsafe fits(test, field.text)
    case .has: return unsafe has(test, field)
    case .words: return words[unsafe Int(test.pointee.constant)].fits(field)
    }
  }

  @inline(__always)
  private func constant(_ offset: Int32) -> PackedView {
    // A program with tests of constants has constants.
    guard let base = unsafe constants.baseAddress else { preconditionFailure("no constants") }
    return unsafe PackedView(base + Int(offset))
  }

  @inline(__always)
  private func compare(_ test: UnsafePointer<QueryTest>, _ field: PackedView) -> Bool {
    let order: Int
    if unsafe field.kind == test.pointee.kind, field.kind == .int || field.kind == .date {
      let (number, other) = unsafe (field.int, test.pointee.number)
      order = number < other ? -1 : number > other ? 1 : 0
    } else {
      order = unsafe ValueOrder.compare(field, constant(test.pointee.constant))
    }
    return unsafe test.pointee.relation & (order < 0 ? 1 : order == 0 ? 2 : 4) != 0
  }

  private func isAmong(_ test: UnsafePointer<QueryTest>, _ field: PackedView) -> Bool {
    var low = unsafe Int(test.pointee.constant)
    var high = unsafe low + Int(test.pointee.count)
    while low < high {
      let middle = (low + high) / 2
      let order = unsafe ValueOrder.compare(constant(table[middle]), field)
      if order == 0 { return true }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return false
  }

  private func has(_ test: UnsafePointer<QueryTest>, _ field: PackedView) -> Bool {
    let wanted = unsafe constant(test.pointee.constant)
    guard field.kind == .list else { return ValueOrder.compare(field, wanted) == 0 }
    var found = false
    field.forEachElement { element in
      found = ValueOrder.compare(element, wanted) == 0
      return !found
    }
    return found
  }

  private func fits(
    _ test: UnsafePointer<QueryTest>, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let wanted = unsafe constant(test.pointee.constant).text
    guard let part = wanted.baseAddress, wanted.count > 0 else {
      return unsafe test.pointee.operation != .under || text.isEmpty
    }
    guard text.count >= wanted.count, let start = text.baseAddress else { return false }
    if unsafe test.pointee.operation == .contains {
      return unsafe Self.has(start, text.count, part, wanted.count)
    }
    guard unsafe memcmp(start, part, wanted.count) == 0 else { return false }
    return unsafe test.pointee.operation == .prefix || text.count == wanted.count
      || text[wanted.count] == UInt8(ascii: "/")
  }

  /// Whether bytes are inside others; the part is not longer and not empty.
  private static func has(
    _ start: UnsafePointer<UInt8>, _ count: Int, _ part: UnsafePointer<UInt8>, _ partCount: Int
  ) -> Bool {
    var next = unsafe start
    let behind = unsafe start + (count - partCount + 1)
    while let found = unsafe memchr(next, Int32(part.pointee), behind - next) {
      if unsafe memcmp(found, part, partCount) == 0 { return true }
      unsafe next = unsafe UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
    }
    return false
  }
}
