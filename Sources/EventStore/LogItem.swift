/// Something to append: what it says, as bytes, and when it was recorded.
public struct LogItem: Sendable {
  let time: Int64
  let content: [UInt8]

  /// Encodes what a record is to say.
  ///
  /// - Parameters:
  ///   - content: What it says.
  ///   - time: Nanoseconds since 1970-01-01 UTC; the log raises it to that of the record before.
  public init(_ content: StoredRecord.Content, time: Int64) {
    self.content = RecordCoding.bytes(content)
    self.time = time
  }

  /// Bytes that it takes in a segment.
  public var size: Int { SegmentFormat.frameSize(content) }
}
