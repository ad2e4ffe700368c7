/// Something that must be true of one record for a transaction's changes to happen.
public struct RecordCondition: Sendable, Equatable {
  /// How two numbers or values stand to each other.
  public enum Relation: UInt32, Sendable {
    /// Equal.
    case equal = 0
    /// Different.
    case unequal = 1
    /// Less.
    case less = 2
    /// Less or equal.
    case atMost = 3
    /// Greater.
    case greater = 4
    /// Greater or equal.
    case atLeast = 5
  }

  enum Subject: Sendable, Equatable {
    case exists(Bool)
    case version(Relation, UInt64)
    case modified(Relation, UInt64)
    case field(String, Relation, Value)
  }

  let collection: String
  let key: String
  let subject: Subject

  /// There is such a record, or there is none.
  public static func exists(
    _ collection: String, _ key: String, _ exists: Bool = true
  ) -> RecordCondition {
    RecordCondition(collection: collection, key: key, subject: .exists(exists))
  }

  /// The record's version stands so to a number; it is 0 when there is no such record.
  public static func version(
    _ collection: String, _ key: String, is relation: Relation = .equal, _ version: UInt64
  ) -> RecordCondition {
    RecordCondition(collection: collection, key: key, subject: .version(relation, version))
  }

  /// The revision that changed the record last stands so to a number; it is 0 when there is no such record.
  public static func modified(
    _ collection: String, _ key: String, is relation: Relation = .equal, _ revision: UInt64
  ) -> RecordCondition {
    RecordCondition(collection: collection, key: key, subject: .modified(relation, revision))
  }

  /// A field of the record's value stands so to a value; does not hold when there is no such record or field.
  ///
  /// - Parameters:
  ///   - collection: The collection.
  ///   - key: The key.
  ///   - path: Names of maps joined by dots; a dot or a backslash in one has a backslash before it.
  ///   - relation: How the field must stand to `value`.
  ///   - value: What it is compared with.
  /// - Returns: The condition.
  public static func field(
    _ collection: String, _ key: String, _ path: String, is relation: Relation = .equal,
    _ value: Value
  ) -> RecordCondition {
    RecordCondition(collection: collection, key: key, subject: .field(path, relation, value))
  }
}
