import LogSource
import PluginSDK
import PluginTestKit
import Testing

@Suite struct LogSourceTests {
  private func host(_ log: LogFolder, _ more: String = "") throws -> TestHost {
    try TestHost(settings: #"{"path": "\#(log.path)", "interval": 10\#(more)}"#)
  }

  private func texts(_ host: TestHost) throws -> [String] {
    try host.payloads("log-source.line", as: LogLine.self).map(\.text)
  }

  private func status(_ host: TestHost) throws -> LogStatus {
    try host.reply("log-source.status", as: LogStatus.self)
  }

  @Test func `Every line of the log is published once, in order, and then the end`() throws {
    let log = LogFolder("one\ntwo\n\nfour\n")
    let host = try host(log)
    let plugin = try host.run(LogSource.self, id: "log-source")
    #expect(host.events.isEmpty)
    host.advance(milliseconds: 10)
    #expect(try texts(host) == ["one", "two", "", "four"])
    #expect(try host.payloads("log-source.line", as: LogLine.self).map(\.line) == [1, 2, 3, 4])
    #expect(host.events.last?.type == "log-source.end")
    host.advance(milliseconds: 100)
    #expect(host.events.count == 5)
    let status = try status(host)
    #expect(status.lines == 4)
    #expect(status.offset == 14)
    #expect(status.size == 14)
    #expect(status.isAtEnd)
    #expect(plugin.metrics()["lines_total"] == 4)
    #expect(plugin.metrics()["bytes_total"] == 14)
    try plugin.stop()
  }

  @Test func `Lines that are added follow, each as soon as its end is written`() throws {
    let log = LogFolder("one\ntw")
    let host = try host(log)
    _ = try host.run(LogSource.self)
    host.advance(milliseconds: 10)
    #expect(try texts(host) == ["one"])
    log.append("o\nth")
    host.advance(milliseconds: 10)
    #expect(try texts(host) == ["one", "two"])
    log.append("ree\n")
    host.advance(milliseconds: 10)
    #expect(try texts(host) == ["one", "two", "three"])
    #expect(host.events.count { $0.type == "log-source.end" } == 3)
  }

  @Test func `An empty log is followed and has no end`() throws {
    let log = LogFolder()
    let host = try host(log)
    _ = try host.run(LogSource.self)
    host.advance(milliseconds: 50)
    #expect(host.events.isEmpty)
    #expect(try !status(host).isAtEnd)
    log.append("one\n")
    host.advance(milliseconds: 10)
    #expect(host.events.map(\.type) == ["log-source.line", "log-source.end"])
  }

  @Test func `A rotated log is read to its end, and then the new one`() throws {
    let log = LogFolder("one\n")
    let host = try host(log)
    let plugin = try host.run(LogSource.self)
    host.advance(milliseconds: 10)
    log.rotate("three\n")
    log.appendToRotated("two\n")
    host.advance(milliseconds: 20)
    #expect(try texts(host) == ["one", "two", "three"])
    #expect(try host.payloads("log-source.line", as: LogLine.self).map(\.line) == [1, 2, 3])
    #expect(plugin.metrics()["rotations_total"] == 1)
    #expect(host.log.map(\.message).contains("\(log.path) was rotated: reading it from its start"))
  }

  @Test func `A log that was truncated is read from its start`() throws {
    let log = LogFolder("one\ntwo\n")
    let host = try host(log)
    _ = try host.run(LogSource.self)
    host.advance(milliseconds: 10)
    log.overwrite("new\n")
    host.advance(milliseconds: 20)
    #expect(try texts(host) == ["one", "two", "new"])
  }

  @Test func `More lines than one look takes come with the next ones`() throws {
    let log = LogFolder(String(repeating: "a line\n", count: 12_000))
    let host = try host(log)
    _ = try host.run(LogSource.self)
    host.advance(milliseconds: 10)
    #expect(try status(host).lines == 5_000)
    #expect(try !status(host).isAtEnd)
    host.advance(milliseconds: 20)
    #expect(try status(host).lines == 12_000)
    #expect(try status(host).isAtEnd)
  }

  @Test func `A line of over a mebibyte is one line`() throws {
    let log = LogFolder(String(repeating: "a", count: 3 << 20) + "\nb\n")
    let host = try host(log)
    _ = try host.run(LogSource.self)
    host.advance(milliseconds: 10)
    #expect(try texts(host).map(\.utf8.count) == [LogLine.textLimit, 1])
  }

  @Test func `Another generation goes on where the former stopped`() throws {
    let log = LogFolder("one\n")
    let host = try host(log)
    let old = try host.run(LogSource.self)
    host.advance(milliseconds: 10)
    log.append("two\n")
    let new = try host.reload(old, as: LogSource.self, schema: "log-source.position")
    host.advance(milliseconds: 10)
    #expect(try texts(host) == ["one", "two"])
    #expect(try host.payloads("log-source.line", as: LogLine.self).map(\.line) == [1, 2])
    try new.stop()
  }

  @Test func `Another generation reads a log that was replaced meanwhile from its start`() throws {
    let log = LogFolder("one\n")
    let host = try host(log)
    let old = try host.run(LogSource.self)
    host.advance(milliseconds: 10)
    log.rotate("new\n")
    _ = try host.reload(old, as: LogSource.self, schema: "log-source.position")
    host.advance(milliseconds: 10)
    #expect(try texts(host) == ["one", "new"])
    let warning = "\(log.path) is another log than before: reading it from its start"
    #expect(host.log.map(\.message).contains(warning))
  }

  @Test func `A missing log is named, with the next step`() throws {
    let host = try TestHost(settings: #"{"path": "/no/such.log"}"#)
    let error = #expect(throws: PluginError.self) { try host.run(LogSource.self) }
    #expect(error?.code == .notFound)
    #expect(
      error?.message
        == "/no/such.log cannot be opened: No such file or directory; set \"path\" to a log that this host may read"
    )
  }

  @Test func `A directory is no log`() throws {
    let host = try TestHost(settings: #"{"path": "/tmp"}"#)
    let error = #expect(throws: PluginError.self) { try host.run(LogSource.self) }
    #expect(error?.message == "/tmp is no regular file: set \"path\" to a text log")
  }
}
