import HostSupport

/// What the host knows of one plugin id.
struct ManagedPlugin: Sendable {
  let id: String
  /// The file that it came from; `builtin` for code of the host's own.
  var path: String
  /// Of the build that is chosen or runs.
  var manifest: Manifest
  var state: PluginState
  /// The generation that serves, or that failed last.
  var current: Generation?
  /// The build before, while the present one is on probation.
  var probation: Probation?
  var generations: UInt32 = 0
  var activeSince: UInt64?
  var lastError: String?
  var resolution: Blockage?
  /// The operator unloaded it: it is not started again by itself.
  var isStopped = false
  var retiredImages = 0
  var retiredBytes = 0
  /// Images that were mapped beside the running one and are gone again.
  var unmappedImages = 0
  /// Number of the plugin in this run of the host.
  let number: UInt32
  /// Facts of its file, for `info`.
  var facts: ImageFacts?
  var lastUnload: Unloading?
  /// Events that the generation that ended last had got.
  var lastDelivered: UInt64 = 0

  init(id: String, path: String, manifest: Manifest, number: UInt32) {
    self.id = id
    self.path = path
    self.manifest = manifest
    self.number = number
    state = .discovered
  }

  /// Whether a generation serves now.
  var isActive: Bool { state == .active || state == .quiesced }
}
