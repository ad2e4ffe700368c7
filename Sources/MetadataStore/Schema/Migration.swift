import HostSupport

/// How values of one version of a collection's definition become values of a later one.
public struct Migration: Sendable, Equatable {
  /// The version whose values it takes. Its result is what the next migration takes, or the definition itself.
  public let from: Int
  /// What is done, in order; none to have every record checked only.
  public let steps: [MigrationStep]

  var json: JSON {
    .object(["from": .int(Int64(from)), "steps": .array(steps.map(\.json))])
  }
}
