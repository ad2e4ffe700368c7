import EventBus
import HostSupport
import Synchronization

/// All plugins of a host. Changed on the control thread only; read from anywhere.
final class PluginTable: Sendable {
  private struct State {
    var plugins: [String: ManagedPlugin] = [:]
    var byOwner: [Owner: PluginInstance] = [:]
    /// Ids of plugins by what calls in progress point at.
    var byRecord: [UInt: String] = [:]
    /// Numbers and generations of ids that were forgotten: neither is given twice.
    var former: [String: (number: UInt32, generations: UInt32)] = [:]
    var lastNumber: UInt32 = 0
  }

  private let state = Mutex(State())

  subscript(id: String) -> ManagedPlugin? { state.withLock { $0.plugins[id] } }

  /// All plugins, by id.
  var all: [ManagedPlugin] {
    // Only ids move while they are sorted.
    state.withLock { state in state.plugins.keys.sorted().compactMap { state.plugins[$0] } }
  }

  /// How many plugins satisfy a condition; `condition` runs under the lock.
  func count(where condition: (ManagedPlugin) -> Bool) -> Int {
    state.withLock { $0.plugins.values.count(where: condition) }
  }

  /// Makes a plugin known, or finds it.
  ///
  /// - Returns: What is known of it now.
  @discardableResult
  func meet(_ id: String, path: String, manifest: Manifest) -> ManagedPlugin {
    state.withLock { state in
      if let known = state.plugins[id] { return known }
      let former = state.former[id]
      if former == nil { state.lastNumber += 1 }
      var plugin = ManagedPlugin(
        id: id, path: path, manifest: manifest, number: former?.number ?? state.lastNumber)
      plugin.generations = former?.generations ?? 0
      state.plugins[id] = plugin
      return plugin
    }
  }

  /// Changes what is known of a plugin.
  func update(_ id: String, _ change: (inout ManagedPlugin) -> Void) {
    state.withLock { state in
      guard let index = state.plugins.index(forKey: id) else { return }
      change(&state.plugins.values[index])
    }
  }

  /// Forgets a plugin whose file is gone and that does not run.
  func forget(_ id: String) {
    state.withLock { state in
      guard let plugin = state.plugins.removeValue(forKey: id) else { return }
      state.former[id] = (plugin.number, plugin.generations)
    }
  }

  /// Remembers a generation, so that faults find it.
  func enter(_ instance: PluginInstance) {
    state.withLock { state in
      state.byOwner[instance.owner] = instance
      for owner in [instance.owner, instance.judging] {
        state.byRecord[unsafe UInt(bitPattern: owner.record)] = instance.id
      }
    }
  }

  /// Forgets a generation that is gone for good.
  func leave(_ instance: PluginInstance) {
    state.withLock { state in
      state.byOwner[instance.owner] = nil
      for owner in [instance.owner, instance.judging] {
        state.byRecord[unsafe UInt(bitPattern: owner.record)] = nil
      }
    }
  }

  /// The plugin whose call a thread is in, by the address of the owner's record.
  func id(ofRecord record: UInt) -> String? { state.withLock { $0.byRecord[record] } }

  /// The generation that an owner stands for.
  func instance(of owner: Owner) -> PluginInstance? { state.withLock { $0.byOwner[owner] } }
}
