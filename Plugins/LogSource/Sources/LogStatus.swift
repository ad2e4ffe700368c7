/// The reply of the service `log-source.status`.
package struct LogStatus: Codable, Sendable, Equatable {
  /// The log.
  package let path: String
  /// Lines that were published.
  package let lines: UInt64
  /// Bytes that were published.
  package let offset: Int
  /// Bytes in the log now.
  package let size: Int
  /// Whether all lines of the log, as it is now, were published.
  package let isAtEnd: Bool
  /// Lines a second at most; 0 = no limit.
  package let rate: Int
  /// Seconds since this generation started.
  package let seconds: Double
}
