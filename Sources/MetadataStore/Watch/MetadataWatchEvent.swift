/// What a watcher is told.
public enum MetadataWatchEvent: Sendable, Equatable {
  /// A record changed.
  case change(MetadataChange)
  /// A record changed such that it no longer fulfils the watch's condition.
  case left(MetadataChange)
  /// Changes were lost because the watcher was too slow: list anew; changes after revision `from` follow.
  case resync(from: UInt64)
}
