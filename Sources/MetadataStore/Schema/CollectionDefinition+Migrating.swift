import HostSupport

extension CollectionDefinition {
  /// A record's value as one of this version: through every migration from its version on, filled and checked.
  ///
  /// Uniqueness and references are not looked at: see `WriteCheck`.
  ///
  /// - Parameters:
  ///   - value: The record's value.
  ///   - key: The record's key, for messages.
  ///   - version: The version of the definition that the record is one of; 0 for none.
  /// - Returns: The new value; the same one when nothing is to be done.
  /// - Throws: `MigrationFailure` with the first thing that cannot be done.
  public func migrated(
    _ value: MetadataValue, key: String, from version: Int
  ) throws(MigrationFailure) -> MetadataValue {
    var value = value
    for migration in migrations(from: version) {
      for (index, step) in migration.steps.enumerated() {
        do throws(MigrationStep.Problem) {
          try step.apply(to: &value)
        } catch {
          throw failure(
            key, "step \(index + 1) of the migration from version \(migration.from)", error.reason)
        }
      }
    }
    do throws(MetadataError) {
      value = try filled(value) ?? value
      try Self.checkSize(of: value)
    } catch {
      throw failure(key, "version \(self.version)", error.description)
    }
    if let violation = schema?.violation(in: value) {
      throw failure(key, "version \(self.version)", violation.description)
    }
    return value
  }

  /// A value with the defaults that it lacks; `nil` when it lacks none.
  ///
  /// - Throws: `.tooLarge` when the defaults make it larger or deeper than a value may be.
  func filled(_ value: MetadataValue) throws(MetadataError) -> MetadataValue? {
    guard let filled = try schema?.filling(value) else { return nil }
    try Self.checkSize(of: filled)
    return filled
  }

  private static func checkSize(of value: MetadataValue) throws(MetadataError) {
    guard let size = value.size else { throw .tooDeep }
    guard size <= MetadataValue.maximumSize else {
      throw .tooLarge(
        "the value would have \(size) bytes with what its definition puts into it; at most "
          + "\(MetadataValue.maximumSize) are allowed")
    }
  }

  private func failure(_ key: String, _ step: String, _ reason: String) -> MigrationFailure {
    MigrationFailure(collection: collection, key: key, step: step, reason: reason)
  }
}
