/// One run in the reply of the service `record-keeper.history`.
struct RunRecord: Codable, Sendable, Equatable {
  /// The record's key: `run-` and a number of ten digits.
  let run: String
  /// What is kept of it.
  let summary: Summary
  /// How often the record was written.
  let writes: UInt64
}
