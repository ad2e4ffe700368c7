/// What a log holds.
public struct LogStatus: Sendable, Equatable {
  /// Segments.
  public var segments = 0
  /// Bytes of them.
  public var bytes = 0
  /// Number of the oldest record that is held; one more than `newest` when there is none.
  public var oldest: UInt64 = 1
  /// Number of the newest record; 0 when there was none yet.
  public var newest: UInt64 = 0
  /// When the oldest was recorded; 0 when there is none.
  public var oldestTime: Int64 = 0
  /// When the newest was recorded; 0 when there is none.
  public var newestTime: Int64 = 0
  /// Records that gave way to newer ones since the log was opened.
  public var displaced: UInt64 = 0
  /// The newest record that is surely on the disk.
  public var synced: UInt64 = 0
  /// When records were last forced to the disk, nanoseconds since 1970-01-01 UTC; 0 when none were since the log was opened.
  public var syncedAt: Int64 = 0
  /// Damage that was found since the log was opened.
  public var damage: [LogDamage] = []

  /// Records that are held, damaged ones among them.
  public var count: UInt64 { newest + 1 - oldest }
}
