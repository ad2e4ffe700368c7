import EventBus
import EventStore
import FoundationEssentials
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

extension HostSuite {
  @Suite("records events on the disk", .serialized)
  struct RecordingOfHost {
    @Test("those that patterns and conditions choose, and not what the bus tells of itself")
    func chosen() throws {
      let fixture = try HostFixture { configuration in
        configuration.recording.patterns = ["order.*", "/^d(isk|ead)/", "bus.>"]
        configuration.recording.exclude += ["order.secret"]
        configuration.recording.filter = [.init(field: "subject", test: "notEqual", value: "x")]
      }
      for type in ["order.new", "disk.a.b", "other", "dead.x", "bus.x", "order.secret", "order.b"] {
        _ = try fixture.host.publish(type: type, payload: Payload([1]), subject: nil)
      }
      _ = try fixture.host.publish(type: "order.c", payload: Payload([2]), subject: "x")
      _ = try fixture.host.publish(
        type: "order.d", payload: Payload(Array("{}".utf8), contentType: "application/json"),
        subject: "y")
      let records = try fixture.recorded(4)
      #expect(
        records.compactMap(\.event?.type) == ["order.new", "disk.a.b", "order.b", "order.d"])
      let last = try #require(records.last?.event)
      #expect(last.subject == "y" && last.source == "dovetail" && last.sequence == 1)
      #expect(last.dataContentType == "application/json" && last.data == Array("{}".utf8))
      #expect(last.time > 0)
      let report = try fixture.host.eventLog()
      #expect(report.state == "recording" && report.count == 4 && report.lost == 0)
      #expect(fixture.wait { (try? fixture.host.eventLog().synced) == 4 })
    }

    @Test("but none, and no folder for them, when nobody asked for it")
    func off() throws {
      let fixture = try HostFixture()
      try fixture.publish("order.new")
      #expect(!FileStatus.exists(fixture.directory.file("state/events")))
      #expect(try fixture.host.eventLog().state == "off")
      let refusal = #expect(throws: OperationError.self) {
        try fixture.host.recordedEvents(from: nil, to: nil, pattern: ">", limit: 1)
      }
      #expect(refusal?.code == .notFound)
    }

    @Test("all of them when it ends in order, to be read by the next host")
    func end() throws {
      let fixture = try HostFixture { $0.recording.patterns = [">"] }
      for number in 1...500 { try fixture.publish("t.x", "\(number)") }
      try fixture.end()
      let log = try EventLog(path: fixture.directory.file("state/events"))
      var data: [String] = []
      var next: UInt64 = 1
      while case let page = try log.read(from: next), !page.records.isEmpty {
        data += page.records.compactMap(\.event).filter { $0.type == "t.x" }
          .map { String(decoding: $0.data, as: UTF8.self) }
        next = page.next
      }
      #expect(data == (1...500).map { "\($0)" })
    }

    @Test("without losing or doubling one when the configuration is read anew")
    func reload() throws {
      let fixture = try HostFixture { $0.recording.patterns = ["t.*"] }
      let host = fixture.host
      let publishing = Monitor((published: 0, stop: false, stopped: false))
      try Thread(name: "publisher") {
        while publishing.update({ state in
          if state.stop { state.stopped = true }
          return !state.stop
        }) {
          _ = try? host.publish(type: "t.x", payload: Payload([1]), subject: nil)
          publishing.update { $0.published += 1 }
        }
      }.detach()
      for round in 1...6 {
        let before = publishing.withLock { $0.published }
        _ = publishing.wait(until: .soon) { $0.published > before + 200 ? true : nil }
        try fixture.reconfigure { configuration in
          configuration.recording.patterns = round % 2 == 0 ? ["t.*"] : ["t.*", "u.*"]
        }
      }
      publishing.update { $0.stop = true }
      _ = publishing.wait(until: .soon) { $0.stopped ? true : nil }
      let count = publishing.withLock { $0.published }
      let records = try fixture.recorded(count)
      #expect(records.compactMap(\.event?.sequence) == (1...UInt64(count)).map { $0 })
      #expect(try host.eventLog().lost == 0)
    }

    @Test("and tells in the log how many its queue was too short for")
    func overflow() throws {
      let fixture = try HostFixture { configuration in
        configuration.recording.patterns = ["t.*"]
        configuration.recording.queue = 16
      }
      for _ in 1...20_000 { try fixture.publish("t.x") }
      #expect(fixture.wait { fixture.host.recording.report.queued == 0 })
      try fixture.publish("t.x")
      let complete = try fixture.wait {
        let records = try fixture.recorded(1)
        let missing = records.reduce(UInt64(0)) { sum, record in
          if case .gap(let count, _) = record.content { sum + count } else { sum }
        }
        return UInt64(records.compactMap(\.event).count) + missing == 20_001
      }
      #expect(complete)
      let records = try fixture.recorded(1)
      let numbers = records.compactMap(\.event?.sequence)
      #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
      #expect(
        records.allSatisfy { record in
          guard case .gap(_, let cause) = record.content else { return true }
          return cause == "the recorder's queue was full"
        })
      let report = try fixture.host.eventLog()
      #expect(report.lost > 0)
      let dropped = fixture.host.core.lost[.init(loss: .eventDropped, plugin: "dovetail")]
      #expect(dropped == report.lost)
    }

    @Test("while a log that cannot be opened harms nobody, and is told")
    func unusable() throws {
      let fixture = try HostFixture(start: false) { _ in }
      try FileManager.default.createDirectory(
        atPath: fixture.directory.file("state"), withIntermediateDirectories: true)
      try Data().write(to: URL(filePath: fixture.directory.file("state/events")))
      try fixture.host.start()
      try fixture.reconfigure { $0.recording.patterns = [">"] }
      try fixture.publish("t.x")
      #expect(try fixture.host.eventLog().state == "suspended")
      #expect(
        try fixture.host.hostReport().degraded.contains {
          $0.hasPrefix("the event recorder is suspended: open") && $0.hasSuffix("Not a directory")
        })
      try Directory(fixture.directory.file("state")).remove("events")
      try fixture.reconfigure { _ in }
      try fixture.publish("t.y")
      #expect(try fixture.recorded(1).contains { $0.event?.type == "t.y" })
      #expect(try fixture.host.hostReport().degraded == [])
    }

    @Test(
      "and its settings are checked",
      arguments: [
        (#"{patterns: ["a..b"]}"#, "a topic must not be empty"),
        (#"{patterns: ["/a(/"]}"#, "is no extended regular expression"),
        (#"{patterns: [1]}"#, "it contains"),
        (#"{filter: [{field: "x", test: "equal"}]}"#, "'x' is no field of an event"),
        (#"{sync: "often"}"#, "must be one of interval, batch, never"),
        (#"{maxBytes: 5}"#, "must be a whole number in 1048576"),
      ])
    func settings(text: String, words: String) throws {
      let error = #expect(throws: ConfigurationError.self) {
        var loader = ConfigurationLoader()
        loader.add(file: Array("{events: {record: \(text)}}".utf8), path: "dovetail.json")
        _ = try loader.load()
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }

    @Test("and are read page by page, from either end, by number and by time")
    func pages() throws {
      let fixture = try HostFixture { $0.recording.patterns = ["t.*"] }
      for number in 1...50 { try fixture.publish(number % 2 == 0 ? "t.even" : "t.odd", "x") }
      _ = try fixture.recorded(50)
      let host = fixture.host
      func numbers(
        _ from: LogMoment?, _ to: LogMoment?, _ pattern: String, _ limit: Int
      ) throws -> [UInt64] {
        try host.recordedEvents(from: from, to: to, pattern: pattern, limit: limit).records
          .map(\.number)
      }
      #expect(try numbers(nil, nil, ">", 3) == [48, 49, 50])
      #expect(try numbers(nil, nil, "t.even", 3) == [46, 48, 50])
      #expect(try numbers(nil, .number(10), "t.odd", 2) == [7, 9])
      #expect(try numbers(.number(10), .number(13), ">", 100) == [10, 11, 12, 13])
      #expect(try numbers(.number(49), nil, ">", 100) == [49, 50])
      #expect(try numbers(.number(51), nil, ">", 100) == [])
      #expect(try numbers(.time(0), .time(.max), ">", 2) == [1, 2])
      #expect(try numbers(.time(.max), nil, ">", 2) == [])
      let page = try host.recordedEvents(from: .number(1), to: nil, pattern: "t.odd", limit: 5)
      #expect(page.next == 10)
    }
  }
}

@Suite struct LogMomentTests {
  @Test(
    "a place in the log is a number, a time, or how long ago",
    arguments: [
      ("17", LogMoment.number(17)), ("1970-01-01T00:00:02.5Z", .time(2_500_000_000)),
      ("90s", .time(910_000_000_000)), ("15m", .time(100_000_000_000)),
      ("0", nil), ("2h", nil), ("x", nil), ("", nil), ("-5s", nil), ("5", .number(5)),
      ("yesterday", nil),
    ])
  func moments(text: String, moment: LogMoment?) {
    #expect(LogMoment(text, now: 1_000_000_000_000) == moment)
  }
}
