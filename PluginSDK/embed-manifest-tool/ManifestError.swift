/// Why a manifest cannot be embedded, for the author who reads the build's log.
struct ManifestError: Error, CustomStringConvertible {
  /// What is wrong and what to do; one line.
  let description: String

  /// Takes the text.
  init(_ description: String) {
    self.description = description
  }
}
