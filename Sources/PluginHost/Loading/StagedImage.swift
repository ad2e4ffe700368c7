public import HostSupport

/// A verified copy of a plugin's file, with the libraries that it brings, in the state directory.
public struct StagedImage: Sendable, Equatable {
  /// A library that was staged beside the plugin.
  public struct Library: Sendable, Equatable {
    /// The name by which it is needed.
    public let name: String
    /// The name that it goes by, if it has one.
    public let soname: String?
    /// Where it lies, relative to the plugin's folder, such as `lib/libhelper.so`.
    public let relativePath: String
    /// The absolute path of the copy.
    public let path: String
    /// The hash of its bytes.
    public let digest: SHA256Digest
  }

  /// The user's file that it was copied from.
  public let source: String
  /// The absolute path of the copy: what to map.
  public let path: String
  /// The name in the staging directory to remove: the file, or the folder that holds it and its libraries.
  let entry: String
  /// The hash of the plugin's bytes; the build's identity.
  public let digest: SHA256Digest
  /// Bytes of the plugin's file.
  public let size: Int
  /// What the inspection of the staged bytes found.
  public let facts: LoadFacts
  /// The libraries of its own, in the order in which they were found.
  public let libraries: [Library]
  /// What speaks for the bytes.
  public internal(set) var trust = TrustState.unverified
  /// The signature that lay beside the file, if it was looked at.
  var signature: [UInt8]?

  /// Whether another copy holds the same bytes, those of its libraries included.
  func holdsSame(as other: StagedImage) -> Bool {
    digest == other.digest && contents == other.contents
  }

  private var contents: [String: SHA256Digest] {
    Dictionary(libraries.map { ($0.relativePath, $0.digest) }, uniquingKeysWith: { $1 })
  }
}
