/// A build that the host does not try again until an operator clears it.
public struct QuarantineReport: Codable, Sendable, Equatable {
  /// SHA-256 of the build in lower-case hexadecimal.
  public var contentHash: String
  /// The plugin's id; empty when its manifest could not be read.
  public var plugin: String
  /// The build's version.
  public var version: String
  /// The file it was seen in last.
  public var path: String
  /// What it did, in one line, such as "SIGSEGV in init".
  public var cause: String
  /// The story in prose, one sentence a line.
  public var chain: [String]
  /// When it was put there, RFC 3339 in UTC.
  public var since: String
  /// How many times it did it.
  public var count: Int

  /// Describes a quarantined build.
  public init(
    contentHash: String, plugin: String, version: String = "", path: String = "", cause: String,
    chain: [String] = [], since: String, count: Int = 1
  ) {
    self.contentHash = contentHash
    self.plugin = plugin
    self.version = version
    self.path = path
    self.cause = cause
    self.chain = chain
    self.since = since
    self.count = count
  }
}
