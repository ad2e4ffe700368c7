import Glibc
import Synchronization

/// Writes log records as lines to a file descriptor, each with one `write`, so that lines of several threads never mix.
///
/// Threading: `log` may be called from any thread. A descriptor that takes no more loses the line and counts it.
public final class LogWriter: Sendable {
  private let descriptor: Int32
  private let color: Bool
  private let least: Mutex<LogLevel>
  private let form: Mutex<LogFormat>
  private let lost = Atomic<Int>(0)

  /// Writes to a descriptor that stays open as long as the writer is used.
  ///
  /// - Parameters:
  ///   - descriptor: Borrowed; standard error by default.
  ///   - format: How records become lines; when `nil`, text on a terminal and JSON otherwise.
  ///   - level: Records below it are dropped.
  ///   - color: Whether text is coloured; when `nil`, on a terminal unless `NO_COLOR` is set or `TERM` is `dumb`.
  public init(
    descriptor: Int32 = 2, format: LogFormat? = nil, level: LogLevel = .info,
    color: Bool? = nil
  ) {
    let isTerminal = isatty(descriptor) == 1
    let isPlain = unsafe getenv("NO_COLOR").map { unsafe $0.pointee != 0 } ?? false
    let isDumb = unsafe getenv("TERM").map { unsafe strcmp($0, "dumb") == 0 } ?? false
    self.descriptor = descriptor
    form = Mutex(format ?? (isTerminal ? .text : .json))
    self.color = color ?? (isTerminal && !isPlain && !isDumb)
    least = Mutex(level)
  }

  /// Records below this level are dropped.
  public var level: LogLevel {
    get { least.withLock { $0 } }
    set { least.withLock { $0 = newValue } }
  }

  /// How records become lines.
  public var format: LogFormat {
    get { form.withLock { $0 } }
    set { form.withLock { $0 = newValue } }
  }

  /// How many lines the descriptor did not take.
  public var lostLines: Int { lost.load(ordering: .relaxed) }

  /// Writes a record, unless it is below the level.
  public func log(_ record: LogRecord) {
    guard record.level >= level else { return }
    let line = Array(format.line(record, color: color).utf8)
    let written = unsafe line.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    if written != line.count { lost.add(1, ordering: .relaxed) }
  }

  /// Writes a record of this moment, unless it is below the level.
  public func log(
    _ level: LogLevel, _ subsystem: String, _ message: @autoclosure () -> String,
    fields: [String: String] = [:]
  ) {
    guard level >= self.level else { return }
    log(LogRecord(level, subsystem, message(), fields: fields))
  }
}
