/// How much a whole store may hold.
public struct StoreLimit: Sendable, Equatable {
  /// The most records; `nil` for any number.
  public let records: Int?
  /// The most bytes of memory that records take, without indexes and former values; `nil` for any number.
  public let bytes: Int?
  /// Where the most records are set, for messages.
  public let recordsSource: String
  /// Where the most bytes are set, for messages.
  public let bytesSource: String

  /// Makes a limit.
  public init(records: Int?, bytes: Int?, recordsSource: String, bytesSource: String) {
    self.records = records
    self.bytes = bytes
    self.recordsSource = recordsSource
    self.bytesSource = bytesSource
  }
}
