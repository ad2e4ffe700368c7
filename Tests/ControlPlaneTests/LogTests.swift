import Glibc
import HostSupport
import TestSupport
import Testing

@Suite struct LogTests {
  @Test(
    "times are RFC 3339 in UTC",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_709_164_800_123_456_789, "2024-02-29T00:00:00.123Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (951_782_399_000_000_000, "2000-02-28T23:59:59.000Z"),
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func times(nanoseconds: Int64, text: String) {
    #expect(LogTime.rfc3339(nanoseconds) == text)
  }

  @Test(
    "a record is one line in each format",
    arguments: [
      (
        LogFormat.text,
        "00:00:00.000 warning loader: two\\nlines \\u{1b}[0m a=1 b=\"x y\" c=\"\"\n"
      ),
      (
        .json,
        #"{"fields":{"a":"1","b":"x y","c":""},"level":"warning","message":"two\nlines "#
          + #"\u001b[0m","subsystem":"loader","time":"1970-01-01T00:00:00.000Z"}"# + "\n"
      ),
    ])
  func lines(format: LogFormat, line: String) {
    let record = LogRecord(
      .warning, "loader", "two\nlines \u{1B}[0m", fields: ["b": "x y", "a": "1", "c": ""], time: 0)
    #expect(format.line(record).lowercased() == line.lowercased())
  }

  @Test("a level is painted on a terminal only")
  func colours() {
    let record = LogRecord(.error, "host", "x", time: 0)
    #expect(LogFormat.text.line(record) == "00:00:00.000 error   host: x\n")
    #expect(
      LogFormat.text.line(record, color: true)
        == "00:00:00.000 \u{1B}[31merror  \u{1B}[0m host: x\n")
  }

  @Test("lines below the level are dropped, whole lines of many threads never mix")
  func writer() throws {
    let directory = TemporaryDirectory()
    let file = try FileDescriptor.open(directory.file("log"), O_RDWR | O_CREAT | O_APPEND)
    let log = LogWriter(descriptor: file.raw, format: .json, level: .info)
    log.log(.debug, "x", "dropped")
    let threads = try (0..<4).map { number in
      try Thread(name: "log-\(number)") {
        for _ in 0..<100 { log.log(.info, "t\(number)", String(repeating: "y", count: 300)) }
      }
    }
    for thread in threads { thread.join() }
    log.level = .trace
    log.log(.trace, "x", "kept")
    let lines = try file.read(1 << 20, at: 0).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 401)
    for line in lines { #expect(throws: Never.self) { try JSON(parsing: line) } }
    #expect(log.lostLines == 0)
  }

  @Test("a descriptor that takes nothing costs lines, not the host")
  func lost() throws {
    let log = LogWriter(descriptor: -1, format: .text)
    log.log(.error, "x", "lost")
    #expect(log.lostLines == 1)
    #expect(log.format == .text)
  }
}
