/// State on its way from one generation to the next.
struct SavedState: Sendable {
  let schema: String
  let version: UInt64
  let bytes: [UInt8]
}
