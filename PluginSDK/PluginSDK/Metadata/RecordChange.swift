/// A change to one record, for a transaction.
public struct RecordChange: Sendable, Equatable {
  let collection: String
  let key: String
  /// `nil` removes.
  let value: Value?
  let expect: Expectation
  let durability: Durability
  let expiry: Expiry

  /// Creates or changes a record; the parameters are those of `Metadata.put`.
  public static func put(
    _ collection: String, _ key: String, _ value: Value, expect: Expectation = .any,
    durability: Durability = .memory, expiry: Expiry = .byCollection
  ) -> RecordChange {
    RecordChange(
      collection: collection, key: key, value: value, expect: expect, durability: durability,
      expiry: expiry)
  }

  /// Removes a record; the parameters are those of `Metadata.remove`.
  public static func remove(
    _ collection: String, _ key: String, expect: Expectation = .any,
    durability: Durability = .memory
  ) -> RecordChange {
    RecordChange(
      collection: collection, key: key, value: nil, expect: expect, durability: durability,
      expiry: .byCollection)
  }
}
