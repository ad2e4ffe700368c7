import EventBus
public import HostSupport

/// One build of a plugin: what the journal, the quarantine and the last known good are about.
public struct PluginBuild: Sendable, Hashable, Codable {
  /// The plugin's id.
  public let id: String
  /// Its version, as its manifest has it.
  public let version: String
  /// The hash of its file.
  public let hash: SHA256Digest
  /// Which generation of the plugin it was in its host, 1….
  public let generation: UInt32

  /// Names a build.
  public init(id: String, version: String, hash: SHA256Digest, generation: UInt32) {
    self.id = id
    self.version = version
    self.hash = hash
    self.generation = generation
  }

  /// The build of a generation; of a builtin, which has no file, the hash is zero.
  init(_ instance: PluginInstance) {
    self.init(
      id: instance.id, version: "\(instance.manifest.version)", hash: instance.hash ?? .zero,
      generation: instance.owner.generation)
  }
}
