import Synchronization

/// How many snapshots of the store plugins hold open.
///
/// Threading: any thread.
final class SnapshotPins: Sendable {
  private let pins = Mutex<[String: Int]>([:])

  /// By plugin; only those that hold any.
  var byPlugin: [String: Int] { pins.withLock { $0 } }
  /// Of all plugins.
  var total: Int { pins.withLock { $0.values.reduce(0, +) } }

  /// Counts some in, or out.
  func count(_ plugin: String, _ change: Int) {
    pins.withLock { pins in
      let count = pins[plugin, default: 0] + change
      pins[plugin] = count == 0 ? nil : count
    }
  }
}
