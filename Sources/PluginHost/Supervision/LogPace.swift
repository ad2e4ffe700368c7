import HostSupport
import Synchronization

/// Lets what happens often be logged now and then: the first time, and not again for ten seconds.
///
/// Threading: any thread.
final class LogPace: Sendable {
  private struct Line {
    var next: UInt64
    var kept: Int
  }

  private static let pause: UInt64 = 10_000_000_000
  private let lines = Mutex<[String: Line]>([:])

  /// Whether to log something now.
  ///
  /// - Parameter subject: What is logged together; few.
  /// - Returns: How often it was not logged since the last time; `nil` when it is not to be logged now.
  func pass(_ subject: String) -> Int? {
    let now = Deadline.now()
    return lines.withLock { lines in
      if var line = lines[subject], now < line.next {
        line.kept += 1
        lines[subject] = line
        return nil
      }
      defer { lines[subject] = Line(next: now + Self.pause, kept: 0) }
      return lines[subject]?.kept ?? 0
    }
  }
}
