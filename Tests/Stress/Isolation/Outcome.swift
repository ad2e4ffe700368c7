/// What came of a run.
struct Outcome {
  /// What was done, in a line.
  let summary: String
  /// What the host did that it should not have, each with what is needed to understand it.
  var problems: [String] = []
}
