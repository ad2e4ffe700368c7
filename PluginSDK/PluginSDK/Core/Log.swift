import CDovetail

/// Writes structured lines to the host's log, marked with the plugin's id.
///
/// A message is at most 64 KiB and has at most 32 fields; a host without a log drops all lines.
public struct Log: Sendable {
  /// How important a line is.
  public enum Level: UInt32, Sendable {
    /// Every step.
    case trace
    /// For the plugin's author.
    case debug
    /// For the operator.
    case info
    /// Something is odd, and the plugin goes on.
    case warning
    /// Something failed.
    case error
  }

  private let link: HostLink

  init(_ link: HostLink) {
    self.link = link
  }

  /// Whether a line of `level` would be written.
  public func isEnabled(_ level: Level) -> Bool {
    guard let table = unsafe link.log, let enabled = unsafe table.pointee.enabled else {
      return false
    }
    return unsafe enabled(link.host, level.rawValue) != 0
  }

  /// Writes a line; its text is made only if the level is written.
  public func write(
    _ level: Level, _ message: @autoclosure () -> String, _ fields: [(name: String, value: String)]
  ) {
    guard isEnabled(level), let write = unsafe link.log?.pointee.write else { return }
    let arena = Arena()
    unsafe message().borrowed { message in
      _ = unsafe write(
        link.host, level.rawValue, message, arena.attributes(fields), UInt64(fields.count))
    }
    withExtendedLifetime(arena) {}
  }

  /// Writes a line for every step.
  public func trace(
    _ message: @autoclosure () -> String, _ fields: (name: String, value: String)...
  ) {
    write(.trace, message(), fields)
  }

  /// Writes a line for the plugin's author.
  public func debug(
    _ message: @autoclosure () -> String, _ fields: (name: String, value: String)...
  ) {
    write(.debug, message(), fields)
  }

  /// Writes a line for the operator.
  public func info(_ message: @autoclosure () -> String, _ fields: (name: String, value: String)...)
  {
    write(.info, message(), fields)
  }

  /// Writes a line about something odd.
  public func warning(
    _ message: @autoclosure () -> String, _ fields: (name: String, value: String)...
  ) {
    write(.warning, message(), fields)
  }

  /// Writes a line about a failure.
  public func error(
    _ message: @autoclosure () -> String, _ fields: (name: String, value: String)...
  ) {
    write(.error, message(), fields)
  }
}
