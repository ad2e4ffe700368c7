import CDovetail

/// What must be there for a write to happen.
public enum Expectation: Sendable, Equatable {
  /// Whatever is there.
  case any
  /// No such record.
  case absent
  /// The record in that version.
  case version(UInt64)
}

/// How safe a write is.
public enum Durability: UInt32, Sendable, Comparable {
  /// Applied and visible.
  case memory = 0
  /// Handed to the operating system: survives the host's death.
  case os = 1
  /// On the disk: survives power loss.
  case disk = 2

  /// Whether one is less safe than the other.
  public static func < (left: Durability, right: Durability) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// When a record is removed by itself.
public enum Expiry: Sendable, Equatable {
  /// As its collection is defined: never, unless that has a `ttl`.
  case byCollection
  /// Never.
  case never
  /// At a moment: nanoseconds since 1970-01-01 UTC.
  case at(nanoseconds: Int64)
  /// That long after the write.
  case after(Duration)
}

/// What a write did.
public struct Written: Sendable, Equatable {
  /// Of the record now; 0 after a removal.
  public let version: UInt64
  /// Of the store now.
  public let revision: UInt64
  /// What was reached.
  public let durability: Durability

  init(_ raw: dvt_written) {
    version = raw.version
    revision = raw.revision
    durability = Durability(rawValue: raw.durability) ?? .memory
  }
}

/// The end of a write that is not an error of the store: done, or met another version.
public enum WriteOutcome: Sendable, Equatable {
  /// The write happened.
  case written(Written)
  /// Nothing changed, because the expectation failed; the record as it is, `nil` when there is none.
  case conflict(current: Record?)
}
