import FoundationEssentials
import Glibc
import HostSupport
import PluginHost

/// Shows the host at work on a real log, and checks what it shows.
///
/// 1. A host starts in a fresh directory with log-source, analytics 1.0.0, record-keeper and hello-c.
/// 2. While lines flow, plugins come, change, fail and go (`Demo+Steps.swift`).
/// 3. When the log is read, what analytics counted is compared with what `wc` and `awk` count.
final class Demo {
  let arguments: DemoArguments
  let host: HostChild
  var terminal = Terminal()
  var note = ""
  /// Lines of the log when the demonstration began.
  let expected: UInt64
  private let startedAt = Deadline.now()
  private(set) var connection: HostClient?
  /// What was not as it should be.
  var faults: [String] = []
  var figures = Figures()

  /// The fewest lines with which anything can happen while they flow.
  static let fewest: UInt64 = 200

  /// Looks at the log.
  ///
  /// - Throws: When it is missing or too short.
  init(_ arguments: DemoArguments) throws(DemoError) {
    self.arguments = arguments
    guard unsafe access(arguments.log, R_OK) == 0 else {
      throw DemoError(
        "\(arguments.log) cannot be read; name a log of this machine: make demo LOG=/path/to/log",
        status: 2)
    }
    expected = UInt64(try Shell.run("wc -l < \"$1\"", arguments.log).filter(\.isNumber)) ?? 0
    guard expected >= Demo.fewest else {
      throw DemoError(
        "\(arguments.log) has \(expected) lines; the demonstration needs \(Demo.fewest): "
          + "make demo LOG=/path/to/a/longer/log", status: 2)
    }
    host = try HostChild()
  }

  /// Tells the story.
  ///
  /// - Returns: The exit status: 0 when nothing was lost or duplicated and all counts agree.
  func run() throws(DemoError) -> Int32 {
    do throws(DemoError) {
      try startHost()
      try playSteps()
      try finish()
    } catch {
      terminal.endProgress()
      host.kill()
      throw DemoError("\(error)\nthe host's log is \(host.folder)/log", status: error.status)
    }
    for fault in faults { terminal.say("✗ \(fault)") }
    guard faults.isEmpty else {
      terminal.say("✗ this is not as it should be; the host's log is \(host.folder)/log")
      return 1
    }
    try host.removeFolder()
    terminal.say("✓ nothing was lost, nothing came twice, and all counts agree with wc and awk")
    return 0
  }

  /// Lines a second: some four seconds for a small log; a large one takes longer.
  private var rate: UInt64 { min(max(expected / 4, 100), 20_000) }

  private func startHost() throws(DemoError) {
    for (file, name) in [
      ("liblog-source.so", "liblog-source.so"), ("demo/libanalytics-v1.so", "libanalytics.so"),
      ("librecord-keeper.so", "librecord-keeper.so"), ("libhello-c.so", "libhello-c.so"),
    ] { try drop(file, as: name) }
    let path =
      arguments.log.hasPrefix("/")
      ? arguments.log : "\(FileManager.default.currentDirectoryPath)/\(arguments.log)"
    let settings: JSON = .object([
      "log-source": .object(["path": .string(path), "rate": .int(Int64(rate))]),
      "heartbeat": .object(["interval": .int(50)]),
    ])
    terminal.say(
      "\(arguments.log): \(Terminal.grouped(expected)) lines, "
        + "read at \(Terminal.grouped(rate)) lines a second")
    terminal.say()
    try host.start(arguments.dovetail, configuration: .object(["settings": settings]))
    connection = try until("the host to listen", seconds: 20) { [host] in HostClient(host.socket) }
    try until("analytics to be active", seconds: 20) { () throws(DemoError) in
      try client().plugin("analytics")?.state == "active" ? true : nil
    }
    figures.follower = try Follower(host.socket, "plugin.>")
    figures.residentAtStart = try client().ask("host.info", as: HostReport.self).residentBytes
    let plugins = try client().ask("plugins.list", as: [PluginReport].self)
    try tell("host started: " + plugins.map { "\($0.id) \($0.version)" }.joined(separator: ", "))
  }

  // MARK: Means

  /// The connection to the host.
  func client() throws(DemoError) -> HostClient {
    guard let connection else { throw DemoError("the host does not listen") }
    return connection
  }

  /// Puts a file into the plugin folder: a copy beside, then a rename, so that nobody meets half a file.
  func drop(_ file: String, as name: String) throws(DemoError) {
    let hidden = "\(host.plugins)/.\(name).new"
    do {
      try FileManager.default.copyItem(atPath: "\(arguments.plugins)/\(file)", toPath: hidden)
    } catch {
      throw DemoError("\(arguments.plugins)/\(file) cannot be copied: \(error); run 'make build'")
    }
    guard unsafe rename(hidden, "\(host.plugins)/\(name)") == 0 else {
      throw DemoError("\(hidden) cannot be renamed: error \(errno)")
    }
  }

  /// Waits for a condition, and keeps the bar moving.
  ///
  /// - Parameters:
  ///   - what: For the message.
  ///   - seconds: The deadline.
  ///   - condition: Returns `nil` to wait on.
  /// - Returns: What the condition returned.
  /// - Throws: When the deadline passes or the host ends.
  @discardableResult
  func until<Result>(
    _ what: String, seconds: Int, _ condition: () throws(DemoError) -> Result?
  ) throws(DemoError) -> Result {
    let deadline = Deadline.after(milliseconds: seconds * 1_000)
    while true {
      if let result = try condition() { return result }
      if let status = host.ended { throw DemoError("the host ended with status \(status)") }
      guard !deadline.hasPassed else {
        throw DemoError("waited \(seconds) s in vain for \(what)")
      }
      if connection != nil { terminal.progress(try linesRead(), of: expected, note) }
      host.waitBriefly()
    }
  }

  /// Lines that log-source has published.
  func linesRead() throws(DemoError) -> UInt64 {
    guard try client().plugin("log-source")?.state == "active" else { return 0 }
    return UInt64(clamping: try client().call("log-source.status")["lines"]?.int ?? 0)
  }

  /// A line of the story, with the time and how far the log was read.
  func tell(_ text: String) throws(DemoError) {
    let seconds = Terminal.fixed(Double(Deadline.now() &- startedAt) / 1e9, 1)
    let lines = Terminal.grouped(try linesRead())
    let pad = { (text: String, width: Int) in
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    terminal.say("\(pad(seconds, 5)) s  line \(pad(lines, 9))  \(text)")
  }

  /// A further line about the same.
  func tellMore(_ text: String) {
    terminal.say(indentation + text)
  }

  /// What stands before a line without a time.
  var indentation: String { String(repeating: " ", count: 25) }
}
