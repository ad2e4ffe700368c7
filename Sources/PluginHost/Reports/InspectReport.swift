public import HostSupport

/// What can be known of a plugin's file without running any of its code.
public struct InspectReport: Codable, Sendable, Equatable {
  /// The file.
  public var path: String
  /// Its size in bytes.
  public var bytes: Int
  /// SHA-256 of its bytes in lower-case hexadecimal.
  public var contentHash: String
  /// The manifest as the file has it; `nil` when there is none.
  public var manifest: JSON?
  /// Where the manifest was: "section dovetail_manifest" or the sidecar's path.
  public var manifestSource: String?
  /// What the ELF headers say; `nil` when it is no ELF file.
  public var image: ImageReport?
  /// What would become of its image when it ends.
  public var unload: UnloadReport?
  /// What a host would do with it: `nil` when it would load it, else why it would refuse.
  public var refusal: String?
  /// What speaks for it: `signed by KEY`, `listed`, `unverified` or `refused`; `nil` when nobody asked.
  public var trust: String?
  /// What a signature of it is of: the lines that `sha256sum` prints for its files.
  public var statement: String?
  /// What its author should change, in prose.
  public var warnings: [String] = []

  /// Describes a file; everything else starts empty.
  public init(path: String, bytes: Int, contentHash: String) {
    self.path = path
    self.bytes = bytes
    self.contentHash = contentHash
  }
}
