import Glibc
import HostSupport
import TestSupport
import Testing

@testable import EventStore

@Suite struct EventLogTests {
  let fixture = LogFixture()

  @Test("A record has everything of its event, in the process that wrote it and in the next")
  func wholeEvents() throws {
    let log = try fixture.open()
    try log.append(1...5)
    var gap = [LogItem(.gap(count: 9, cause: "the disk is full"), time: 501)][...]
    try log.append(&gap, durable: true)
    let expected =
      (1...5).map {
        StoredRecord(number: UInt64($0), time: Int64($0) * 100, content: .event(entry($0)))
      }
      + [StoredRecord(number: 6, time: 501, content: .gap(count: 9, cause: "the disk is full"))]
    #expect(try log.all() == expected)
    let again = try fixture.open()
    #expect(try again.all() == expected)
    #expect(again.status.damage.isEmpty)
    try again.append(7...8)
    #expect(try again.all(from: 6).map(\.number) == [6, 7, 8])
    #expect(try again.read(from: 9) == EventLog.Page(next: 9, isLast: true))
  }

  @Test("Nobody else may read it")
  func modes() throws {
    let log = try fixture.open()
    try log.append(1...1)
    let folder = try Directory(fixture.path)
    #expect(try Directory(fixture.directory.path).status(of: "events").mode & 0o777 == 0o700)
    #expect(try folder.status(of: fixture.files()[0]).mode & 0o777 == 0o600)
  }

  @Test("Wherever the end is torn off, every record before it is there and the log goes on")
  func tornTail() throws {
    try fixture.open().append(1...5)
    let name = try fixture.files()[0]
    let whole = try fixture.bytes(of: name)
    let sizes = (1...5).map { LogItem(.event(entry($0)), time: 0).size }
    let ends = sizes.reduce(into: [SegmentFormat.header]) { $0.append(($0.last ?? 0) + $1) }
    for length in 0..<whole.count {
      try fixture.write(Array(whole[..<length]), to: name)
      let log = try fixture.open()
      let kept = ends.count { $0 <= length } - 1
      #expect(try log.all().map(\.number) == (1...5).prefix(max(0, kept)).map { UInt64($0) })
      let isWhole = ends.contains(length)
      #expect(log.status.damage.map(\.kind) == (isWhole ? [] : [.torn]), "at \(length)")
      try log.append(9...9)
      #expect(try log.all().last?.event == entry(9))
      #expect(log.status.newest == UInt64(max(0, kept)) + 1)
      for file in try fixture.files() { try Directory(fixture.path).remove(file) }
    }
  }

  @Test("Whichever byte is damaged, one record is lost at most, and it is told", arguments: [1, 7])
  func flippedByte(bit: Int) throws {
    // An earlier segment is read differently from the last.
    try fixture.open().append(1...4)
    try fixture.open().append(5...6)
    let name = try fixture.files()[0]
    let whole = try fixture.bytes(of: name)
    for position in whole.indices {
      var bytes = whole
      bytes[position] ^= 1 << bit
      try fixture.write(bytes, to: name)
      let log = try fixture.open()
      let numbers = try log.all().map(\.number)
      let lost = position < SegmentFormat.header ? 0 : 1
      #expect(numbers.count == 6 - lost, "at \(position)")
      #expect(Set(numbers).isSubset(of: 1...6) && numbers == numbers.sorted())
      #expect(log.status.damage.count == 1, "at \(position): \(log.status.damage)")
      #expect(try log.number(at: 500) == 5, "at \(position)")
    }
  }

  @Test("In the last segment too a damaged record is passed over, and what follows is kept")
  func flippedByteInLast() throws {
    try fixture.open().append(1...4)
    let name = try fixture.files()[0]
    let whole = try fixture.bytes(of: name)
    let last = whole.count - LogItem(.event(entry(4)), time: 0).size
    for position in SegmentFormat.header..<last {
      var bytes = whole
      bytes[position] ^= 0x10
      try fixture.write(bytes, to: name)
      let log = try fixture.open()
      #expect(try log.all().count == 3, "at \(position)")
      #expect(log.status.newest == 4)
      #expect(log.status.damage.map(\.kind) == [.skipped], "at \(position)")
    }
  }

  @Test("What looks like a record inside a damaged one is not taken for one of later")
  func forgedRecord() throws {
    let log = try fixture.open()
    var forged: [UInt8] = []
    SegmentFormat.addFrame(
      3, 0, RecordCoding.bytes(.event(EventEntry(type: "forged"))), to: &forged)
    var event = EventEntry(type: "t", data: forged)
    event.id = "x"
    var items = [LogItem(.event(event), time: 1), LogItem(.event(entry(2)), time: 2)][...]
    try log.append(&items, durable: false)
    let name = try fixture.files()[0]
    var bytes = try fixture.bytes(of: name)
    bytes[SegmentFormat.header + 5] ^= 1
    try fixture.write(bytes, to: name)
    #expect(try fixture.open().all().map(\.event?.type) == ["order.paid"])
  }

  @Test("A log of a newer format is left alone")
  func newerFormat() throws {
    try fixture.open().append(1...1)
    let name = try fixture.files()[0]
    var bytes = try fixture.bytes(of: name)
    bytes[12] = 2
    bytes.replaceSubrange(8..<12, with: [])
    var crc: [UInt8] = []
    crc.add(CRC32C.of(bytes[8..<28]))
    bytes.insert(contentsOf: crc, at: 8)
    try fixture.write(bytes, to: name)
    #expect(throws: EventLogError.newer(file: "\(fixture.path)/\(name)", format: 2)) {
      _ = try fixture.open()
    }
    #expect(try fixture.bytes(of: name) == bytes)
  }

  @Test("Records are found by number and by time, across segments and starts")
  func lookup() throws {
    let bounds = LogBounds(bytes: 1 << 20, count: 400)
    let log = try fixture.open(bounds)
    for first in stride(from: 1, to: 300, by: 30) { try log.append(first...(first + 29)) }
    #expect(log.status.segments > 5)
    for log in [log, try fixture.open(bounds)] {
      for number in 1...300 {
        #expect(try log.read(from: UInt64(number), limit: 1).records.first?.event == entry(number))
        #expect(try log.number(at: Int64(number) * 100) == UInt64(number))
        #expect(try log.number(at: Int64(number) * 100 - 1) == UInt64(number))
        #expect(try log.number(at: Int64(number) * 100 + 1) == UInt64(number) + 1)
      }
      #expect(try log.number(at: .min) == 1)
    }
  }

  @Test("A clock that is set back does not bring records out of order")
  func clockSetBack() throws {
    let log = try fixture.open()
    var items = [500, 100, 700].map { LogItem(.gap(count: 1, cause: ""), time: $0) }[...]
    try log.append(&items, durable: false)
    #expect(try log.all().map(\.time) == [500, 500, 700])
    let again = try fixture.open()
    items = [LogItem(.gap(count: 1, cause: ""), time: 1)][...]
    try again.append(&items, durable: false)
    #expect(try again.all().map(\.time) == [500, 500, 700, 700])
  }

  @Test("The oldest segments give way to the bound of bytes")
  func byteBound() throws {
    let bounds = LogBounds(bytes: 1 << 20)
    let log = try fixture.open(bounds)
    for number in 1...400 { try log.append(number...number, bytes: 10_000) }
    let status = log.status
    #expect(status.bytes <= 1 << 20)
    #expect(status.bytes > 900_000)
    #expect(status.newest == 400)
    #expect(status.displaced == status.oldest - 1)
    #expect(try log.all(limit: 100).map(\.number) == Array(status.oldest...400))
    #expect(try fixture.files().count == status.segments)
    let again = try fixture.open(bounds)
    #expect(again.status.oldest == status.oldest)
    #expect(again.status.bytes == status.bytes)
  }

  @Test("The oldest segments give way to the bound of count, within one segment")
  func countBound() throws {
    let log = try fixture.open(LogBounds(count: 80))
    for number in 1...500 { try log.append(number...number) }
    #expect((80..<90).contains(log.status.count))
    #expect(log.status.displaced == 500 - log.status.count)
  }

  @Test("The oldest segments give way to the bound of age; the last one never does")
  func ageBound() throws {
    let log = try fixture.open(LogBounds(age: 8_000))
    try log.append(1...100)
    try log.trim(now: 10_000)
    #expect((1...20).contains(log.status.displaced))
    try log.trim(now: 1_000_000)
    #expect(log.status.segments == 1)
    #expect(log.status.newest == 100)
    #expect(log.status.count > 0)
  }

  @Test("A segment that was removed by hand is passed over")
  func removedSegment() throws {
    let log = try fixture.open(LogBounds(count: 8))
    try log.append(1...3)
    try Directory(fixture.path).remove(fixture.files()[0])
    #expect(try log.all().map(\.number) == [2, 3])
  }

  @Test("A write that fails keeps the log as it was, and it goes on when there is room again")
  func failure() async {
    await #expect(processExitsWith: .success) {
      let fixture = LogFixture()
      let log = try fixture.open()
      try log.append(1...3)
      let size = LogItem(.event(entry(1)), time: 0).size
      FileSizeLimit.set(SegmentFormat.header + 3 * size + 40)
      #expect(throws: SystemError("write", fixture.path, code: EFBIG)) { try log.append(4...5) }
      #expect(try log.all().map(\.number) == [1, 2, 3])
      FileSizeLimit.lift()
      try log.append(6...7)
      #expect(try log.all().compactMap(\.event) == [1, 2, 3, 6, 7].map { entry($0) })
      let again = try fixture.open()
      #expect(again.status.damage.isEmpty)
      #expect(try again.all().map(\.number) == [1, 2, 3, 4, 5])
    }
  }
}

/// The limit on the size of this process's files: only for a process of a test's own.
enum FileSizeLimit {
  /// Lets no file grow beyond so many bytes.
  static func set(_ bytes: Int) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: .max)
    unsafe setrlimit(__rlimit_resource_t(1), &limit)
  }

  /// Lets them grow again.
  static func lift() { set(.max) }
}
