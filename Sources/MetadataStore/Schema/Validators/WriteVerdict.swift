/// What a validator says of writes.
public enum WriteVerdict: Sendable, Equatable {
  /// They may happen as they are.
  case accept
  /// They may happen with other values, by their places among those that were shown; removals cannot be amended.
  case amend([Int: MetadataValue])
  /// None of the transaction may happen; the text says why and what to do.
  case veto(String)
  /// They could not be judged, so none of the transaction may happen; the error is what the writer is told.
  case unable(MetadataError)
}
