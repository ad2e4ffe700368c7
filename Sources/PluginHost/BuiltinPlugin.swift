public import CDovetail

/// A plugin that is linked into the host's executable: same ABI, same lifecycle, no file.
@safe public struct BuiltinPlugin: Sendable {
  /// The plugin's manifest.
  public let manifest: Manifest
  /// Its entry point.
  public let entry:
    @Sendable @convention(c) (UnsafePointer<dvt_handshake>?) -> UnsafePointer<dvt_plugin>?

  /// Describes a plugin.
  ///
  /// - Parameters:
  ///   - manifest: The text of its `plugin.json`.
  ///   - entry: Its `dovetail_plugin`.
  /// - Throws: `ManifestError` that names the key.
  public init(
    manifest: String,
    entry:
      @escaping @Sendable @convention(c) (UnsafePointer<dvt_handshake>?) -> UnsafePointer<
        dvt_plugin
      >?
  ) throws(ManifestError) {
    self.manifest = try Manifest(parsing: Array(manifest.utf8))
    unsafe self.entry = unsafe entry
  }
}
