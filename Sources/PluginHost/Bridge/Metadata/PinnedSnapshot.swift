import MetadataStore

/// A snapshot of the store that a plugin holds open; counted as long as it lives.
final class PinnedSnapshot: Sendable {
  /// The most that one plugin may hold.
  static let most = 64

  let snapshot: MetadataSnapshot
  private let plugin: String
  private let pins: SnapshotPins

  init(_ snapshot: MetadataSnapshot, of plugin: String, in pins: SnapshotPins) {
    self.snapshot = snapshot
    self.plugin = plugin
    self.pins = pins
    pins.count(plugin, 1)
  }

  deinit { pins.count(plugin, -1) }
}
