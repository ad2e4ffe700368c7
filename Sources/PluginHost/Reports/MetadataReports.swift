public import HostSupport

/// A page of records.
public struct RecordPage: Codable, Sendable, Equatable {
  /// By key.
  public var records: [RecordReport]
  /// The key to begin behind for the next page; `nil` when this is the last.
  public var next: String?
}

/// A snapshot that the host holds for a client.
public struct SnapshotReport: Codable, Sendable, Equatable {
  /// Its number.
  public var snapshot: UInt64
  /// The revision of the last transaction in it.
  public var revision: UInt64
  /// How many records it has.
  public var records: Int
  /// Its collections: that of the definitions first, then by name.
  public var collections: [String]
}

/// What a write did.
public struct WrittenReport: Codable, Sendable, Equatable {
  /// The version now; 0 after a removal and for a flush.
  public var version: UInt64
  /// The revision of the store.
  public var revision: UInt64
  /// What was reached: `memory`, `os` or `disk`.
  public var durability: String
}

/// What an import did.
public struct ImportReport: Codable, Sendable, Equatable {
  /// Records that were written.
  public var written: Int
  /// Records that were looked at.
  public var checked: Int
  /// Records that would be refused, where they were only looked at.
  public var refused: Int
  /// The first 100 of them, in order.
  public var refusals: [Refusal]

  /// A record that would be refused.
  public struct Refusal: Codable, Sendable, Equatable {
    /// Its place among those that were given, 0…; in what the command prints, the number of its line.
    public var place: Int
    /// Why.
    public var reason: String

    /// Describes a refusal.
    public init(place: Int, reason: String) {
      self.place = place
      self.reason = reason
    }
  }

  /// The most refusals that are told.
  public static let mostRefusals = 100

  /// Describes an import.
  public init(written: Int, checked: Int, refused: Int = 0, refusals: [Refusal] = []) {
    self.written = written
    self.checked = checked
    self.refused = refused
    self.refusals = refusals
  }

  /// Counts a refusal, and keeps it when it is one of the first.
  public mutating func refuse(_ refusal: Refusal) {
    refused += 1
    if refusals.count < Self.mostRefusals { refusals.append(refusal) }
  }
}

/// How a query would be run.
public struct QueryPlanReport: Codable, Sendable, Equatable {
  /// For people.
  public var text: String
  /// For programs.
  public var plan: JSON
}

/// What a backup holds.
public struct BackupReport: Codable, Sendable, Equatable {
  /// Where it is.
  public var path: String
  /// The revision of the store that it has.
  public var revision: UInt64
  /// How many records it has.
  public var records: Int
  /// Its size.
  public var bytes: Int
}

/// What the metadata store holds and has done since the host started.
public struct MetadataReport: Codable, Sendable, Equatable {
  /// A collection that has records.
  public struct Collection: Codable, Sendable, Equatable {
    /// Its name.
    public var name: String
    /// How many records it has.
    public var records: Int
    /// Bytes of memory that they take.
    public var bytes: Int
    /// The version of its definition; `nil` when it has none.
    public var definition: Int?
    /// Its indexes, each with how many entries it has, or how far its building has come.
    public var indexes: [String]
  }

  /// A validator.
  public struct Validator: Codable, Sendable, Equatable {
    /// Its name, which begins with the id of its plugin.
    public var name: String
    /// Its collections.
    public var pattern: String
    /// Reviews that were begun.
    public var reviews: Int
    /// Verdicts that gave other values.
    public var amendments: Int
    /// Verdicts that refused.
    public var vetoes: Int
    /// Reviews that took too long.
    public var overruns: Int
    /// Reviews that came to no verdict: its plugin crashed, or was being reloaded.
    public var failures: Int
    /// Transactions that it was not asked about, because it is suspended.
    public var skipped: Int
    /// Whether it is asked no more.
    public var isSuspended: Bool
  }

  /// Name of the provider.
  public var provider: String?
  /// How many records there are.
  public var records: Int
  /// Bytes of memory that they take.
  public var bytes: Int
  /// The most records that there may be; `nil` for any number.
  public var mostRecords: Int?
  /// The most bytes that they may take; `nil` for any number.
  public var mostBytes: Int?
  /// The revision of the last transaction.
  public var revision: UInt64
  /// Reads of one record.
  public var reads: Int
  /// Records written or removed.
  public var writes: Int
  /// Transactions that met a record which was not as expected.
  public var conflicts: Int
  /// Watches that run.
  public var watches: Int
  /// Transactions that are not saved yet.
  public var unsaved: Int
  /// Seconds since the oldest of them was acknowledged, at most.
  public var unsavedSeconds: Double
  /// Records that wait to expire, with those that were written again since.
  public var expiring: Int
  /// The revision after which every change is held, for `history` and watches.
  public var heldAfter: UInt64
  /// Why the last attempt to write behind failed.
  public var saveFailure: String?
  /// Snapshots that plugins hold open, by plugin.
  public var pluginSnapshots: [String: Int]
  /// Snapshots that operators hold.
  public var operatorSnapshots: Int
  /// The collections by name.
  public var collections: [Collection]
  /// The validators in the order in which they are asked.
  public var validators: [Validator]
}
