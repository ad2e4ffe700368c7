/// JSON that is not what was expected: which member, and why.
struct DecodingFailure: Error, Equatable {
  let reason: String
}
