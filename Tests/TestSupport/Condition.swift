import Glibc
import HostSupport

/// Waits for what another process does, which nobody reports.
public enum Condition {
  /// Asks again and again until there is an answer.
  ///
  /// - Parameters:
  ///   - milliseconds: When to give up.
  ///   - answer: `nil` to be asked again; asked at least once.
  /// - Returns: The answer, or `nil` after the deadline.
  public static func wait<Answer>(
    milliseconds: Int = 20_000, _ answer: () throws -> Answer?
  ) rethrows -> Answer? {
    let deadline = Deadline.after(milliseconds: milliseconds)
    while true {
      if let answer = try answer() { return answer }
      if deadline.hasPassed { return nil }
      _ = poll(nil, 0, 2)
    }
  }

  /// Waits until something is true.
  ///
  /// - Returns: Whether it became true within the deadline.
  public static func holds(
    milliseconds: Int = 20_000, _ condition: () throws -> Bool
  ) rethrows -> Bool {
    try wait(milliseconds: milliseconds) { try condition() ? true : nil } ?? false
  }

  /// Lets some time pass before something is done again.
  public static func rest(milliseconds: Int) { _ = poll(nil, 0, Int32(milliseconds)) }
}
