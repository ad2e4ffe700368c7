/// How far a log was read: what the next generation goes on from.
struct Position: Codable, Sendable, Equatable {
  /// The log.
  var path: String
  /// The file that had the name.
  var file: LogFile.Identity
  /// Bytes whose lines were published.
  var offset = 0
  /// Lines that were published.
  var lines: UInt64 = 0
  /// Whether the end of the file was announced, and nothing came since.
  var isAtEnd = false
}
