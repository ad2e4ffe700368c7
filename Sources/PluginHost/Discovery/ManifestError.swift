/// A manifest that cannot be used: which key is wrong, and what would be right.
public struct ManifestError: Error, Equatable, CustomStringConvertible {
  /// The key as a path, such as `permissions.publish`; empty when the manifest as a whole is wrong.
  public let key: String
  /// What is wrong and what would be right.
  public let reason: String

  /// An error at a key, or of the whole manifest when `key` is empty.
  public init(key: String = "", _ reason: String) {
    self.key = key
    self.reason = reason
  }

  /// The whole error in one line.
  public var description: String {
    key.isEmpty ? "manifest: \(reason)" : "manifest key \(key): \(reason)"
  }
}
