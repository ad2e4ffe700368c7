/// What happened to a file in a watched folder, once it has come to rest.
public struct FolderChange: Sendable, Hashable {
  /// What happened.
  public enum Kind: String, Sendable {
    /// A file that was not there.
    case appeared
    /// Other bytes, or another file, under a name that was there.
    case changed
    /// The name is gone.
    case removed
  }

  /// What happened.
  public let kind: Kind
  /// The file's path.
  public let path: String
}
