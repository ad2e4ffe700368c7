/// Bytes of a log that are no records: a torn tail, or what was damaged on the disk.
public struct LogDamage: Sendable, Hashable, CustomStringConvertible {
  /// What was done about it.
  public enum Kind: Sendable {
    /// It was the end of the log and was cut.
    case torn
    /// It lies between records and is passed over.
    case skipped
    /// It is the header of a segment, whose records are whole.
    case header
  }

  /// What was done about it.
  public let kind: Kind
  /// The segment's file.
  public let file: String
  /// Where it begins in the file.
  public let position: Int
  /// How much it is.
  public let bytes: Int

  /// The whole in one line.
  public var description: String {
    switch kind {
    case .torn: "\(file): the last \(bytes) bytes were no whole record and were cut"
    case .skipped: "\(file): \(bytes) bytes at \(position) are damaged and are passed over"
    case .header: "\(file): its header is damaged; its records are whole"
    }
  }
}
