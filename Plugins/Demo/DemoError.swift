/// Why the demonstration could not be given, or did not show what it should.
struct DemoError: Error, CustomStringConvertible {
  /// What happened and what to do next.
  let description: String
  /// The exit status: 1, or 2 when what was asked for cannot be done.
  let status: Int32

  /// An error.
  init(_ description: String, status: Int32 = 1) {
    self.description = description
    self.status = status
  }
}
