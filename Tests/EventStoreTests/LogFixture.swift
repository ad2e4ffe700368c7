import FoundationEssentials
import Glibc
import HostSupport
import TestSupport

@testable import EventStore

/// A log in a folder of its own.
struct LogFixture {
  let directory = TemporaryDirectory()
  var path: String { directory.file("events") }

  func open(_ bounds: LogBounds = LogBounds()) throws -> EventLog {
    try EventLog(path: path, bounds: bounds)
  }

  /// The files of the log, by name.
  func files() throws -> [String] { try Directory(path).names() }

  func bytes(of file: String) throws -> [UInt8] {
    let file = try FileDescriptor.open("\(path)/\(file)", O_RDONLY)
    return try file.read(file.status().size, at: 0)
  }

  func write(_ bytes: [UInt8], to file: String) throws {
    try FileDescriptor.open("\(path)/\(file)", O_WRONLY | O_CREAT | O_TRUNC).write(bytes)
  }
}

/// The event of a number, with every attribute.
func entry(_ number: Int, bytes: Int = 0) -> EventEntry {
  var entry = EventEntry(type: "order.paid", data: Array("{\"n\":\(number)}".utf8))
  entry.data += Array(repeating: 7, count: bytes)
  entry.time = Int64(number)
  entry.sequence = UInt64(number)
  entry.isRedelivered = number % 2 == 0
  entry.id = "id-\(number)"
  entry.source = "shop"
  entry.subject = "Grüße"
  entry.dataContentType = "application/json"
  entry.dataSchema = "https://example.org/order"
  entry.extensions = [.init("region", "north"), .init("empty", "")]
  return entry
}

extension EventLog {
  /// Appends the events of some numbers, each recorded at a hundred times its number.
  func append(_ numbers: ClosedRange<Int>, bytes: Int = 0) throws {
    var items = numbers.map {
      LogItem(.event(entry($0, bytes: bytes)), time: Int64($0) * 100)
    }[...]
    try append(&items, durable: false)
  }

  /// Every record, page by page.
  func all(from number: UInt64 = 1, limit: Int = 3) throws -> [StoredRecord] {
    var records: [StoredRecord] = []
    var page = try read(from: number, limit: limit)
    records += page.records
    while !page.isLast {
      page = try read(from: page.next, limit: limit)
      records += page.records
    }
    return records
  }
}
