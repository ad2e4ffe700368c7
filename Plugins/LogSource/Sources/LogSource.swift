import FoundationEssentials
import Glibc
package import PluginSDK
import Synchronization

/// Publishes a log's lines on `log-source.line` and goes on with the lines that are added.
///
/// A timer of the host's looks at the log. A line counts as read when it was published: one that the host does not take is
/// published again at the next look, so a reload of whoever listens loses nothing.
package final class LogSource: Plugin {
  /// A host fills in the defaults of plugin.json; others may send less.
  private struct Settings: Decodable {
    var path: String?
    var rate: Int?
    var interval: Int?
  }

  private struct End: Codable {
    let path: String
    let lines: UInt64
    let bytes: Int
  }

  private struct State {
    var file: LogFile
    var position: Position
    var pace: Pace
    var startedAt: UInt64
    var rotations = 0
  }

  private let context: PluginContext
  private let path: String
  private let rate: Int
  private let interval: Int
  private let state: Mutex<State>

  package init(context: PluginContext) throws {
    self.context = context
    let settings = try context.settings(as: Settings.self)
    path = settings.path ?? "/var/log/dpkg.log"
    rate = settings.rate ?? 0
    interval = settings.interval ?? 20
    let file = try LogFile(path)
    let now = LogSource.now()
    state = Mutex(
      State(
        file: file, position: Position(path: path, file: file.identity),
        pace: Pace(rate: rate, now: now), startedAt: now))
  }

  package func start() throws {
    let line = try context.publisher(EventType<LogLine>("log-source.line"))
    let end = try context.publisher(EventType<End>("log-source.end"))
    try context.provide("log-source.status") { [self] _ in try JSONEncoder.sorted(status()) }
    // The first look comes when all plugins have started, because timers run only then.
    try context.every(milliseconds: interval, name: "look") { [self] in
      try look(line, end)
    }
  }

  package func saveState() throws -> [UInt8] {
    try JSONEncoder.sorted(state.withLock { $0.position })
  }

  package func restoreState(_ saved: SavedState) throws {
    let position = try JSONDecoder().decode(Position.self, from: Data(saved.data))
    let isSame = state.withLock { state in
      guard position.path == state.position.path, position.file == state.position.file else {
        return false
      }
      state.position = position
      return true
    }
    if !isSame {
      context.log.warning("\(path) is another log than before: reading it from its start")
    }
  }

  package func metrics() -> [Metric] {
    let (position, rotations) = state.withLock { ($0.position, $0.rotations) }
    return [
      .counter("lines_total", Double(position.lines)),
      .counter("bytes_total", Double(position.offset)),
      .counter("rotations_total", Double(rotations)),
    ]
  }

  // MARK: Reading

  /// Publishes what the pace allows, and says so when that was all there is.
  private func look(_ line: Publisher<LogLine>, _ end: Publisher<End>) throws {
    let (file, position, allowance) = state.withLock { state in
      (state.file, state.position, state.pace.allowance(now: LogSource.now()))
    }
    guard allowance > 0 else { return }
    if file.size < position.offset { return try startOver(file, because: "was truncated") }
    let block = try readBlock(file, position, allowance)
    let published = try publish(block, upTo: allowance, line)
    guard published < allowance, file.size <= state.withLock({ $0.position.offset }) + block.rest
    else { return }
    try announceEnd(file, end)
    if file.wasRotated { try startOver(LogFile(path), because: "was rotated") }
  }

  /// Whole lines from the present position, and how many bytes of a line follow whose end is still to come.
  private func readBlock(
    _ file: LogFile, _ position: Position, _ allowance: Int
  ) throws -> (lines: [ArraySlice<UInt8>], rest: Int) {
    let usual = min(1 << 20, max(1 << 16, allowance << 8))
    for size in [usual, 16 << 20] {
      let bytes = try file.read(size, at: position.offset)
      var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let rest = lines.popLast() ?? []
      if !lines.isEmpty || bytes.count < size { return (lines, rest.count) }
      // A line of over 16 MiB is no line of a log: it goes on in pieces.
      if size == 16 << 20 { return ([rest], 0) }
    }
    return ([], 0)
  }

  private func publish(
    _ block: (lines: [ArraySlice<UInt8>], rest: Int), upTo allowance: Int,
    _ publisher: Publisher<LogLine>
  ) throws -> Int {
    var published = 0
    defer { state.withLock { $0.pace.spend(published) } }
    for bytes in block.lines.prefix(allowance) {
      let number = state.withLock { $0.position.lines } + 1
      try publisher.publish(LogLine(number, bytes))
      state.withLock { state in
        state.position.lines = number
        state.position.offset += bytes.count + 1
        state.position.isAtEnd = false
      }
      published += 1
    }
    return published
  }

  private func announceEnd(_ file: LogFile, _ end: Publisher<End>) throws {
    let position = state.withLock { $0.position }
    guard !position.isAtEnd, position.lines > 0 else { return }
    try end.publish(End(path: file.path, lines: position.lines, bytes: position.offset))
    state.withLock { $0.position.isAtEnd = true }
  }

  /// Goes on at the start of a file; the count of lines goes on too.
  private func startOver(_ file: LogFile, because reason: String) throws {
    state.withLock { state in
      let lines = state.position.lines
      state.file = file
      state.position = Position(path: file.path, file: file.identity, lines: lines)
      state.rotations += 1
    }
    context.log.info("\(file.path) \(reason): reading it from its start")
  }

  // MARK: Telling

  private func status() -> LogStatus {
    let (state, now) = (state.withLock { $0 }, LogSource.now())
    return LogStatus(
      path: state.position.path, lines: state.position.lines, offset: state.position.offset,
      size: state.file.size, isAtEnd: state.position.isAtEnd, rate: rate,
      seconds: Double(now &- state.startedAt) / 1e9)
  }

  /// Nanoseconds on the monotonic clock. The corresponding C function is `clock_gettime`.
  private static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

extension JSONEncoder {
  /// A value as JSON text with sorted names.
  fileprivate static func sorted(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value))
  }
}
