/// Why a record could not be made one of a later version; nothing was changed.
public struct MigrationFailure: Error, Equatable, CustomStringConvertible {
  /// The record's collection.
  public let collection: String
  /// The record's key.
  public let key: String
  /// What could not be done: the step of the migration, or the check behind it.
  public let step: String
  /// Where in the value and why.
  public let reason: String

  /// The whole in one line.
  public var description: String {
    "record \(key) of collection \(collection), \(step): \(reason); mend the record or the migration"
  }
}
