import EventBus
import HostSupport

/// Following the plugin folder. Control thread only.
extension Host {
  /// Acts on what happened in the plugin folder.
  func follow(_ changes: [FolderChange]) {
    let touched = Set(changes.map(\.path))
    for plugin in table.all where plugin.isActive {
      let files = [
        plugin.path, Inspection.sidecarPath(for: plugin.path),
        TrustPolicy.signaturePath(for: plugin.path),
      ]
      if files.contains(where: touched.contains) { follow(plugin) }
    }
    for path in touched.sorted() where path.hasSuffix(".so") { replaceKeptCopy(by: path) }
    do throws(OperationError) {
      try reconcile()
    } catch {
      core.log.log(.error, "watch", "\(error)")
    }
  }

  /// A plugin that runs from a copy in the state directory, because its build is quarantined or damaged, takes a new build from the folder.
  private func replaceKeptCopy(by path: String) {
    guard let inspection = try? Inspection(path: path), let plugin = table[inspection.manifest.id],
      plugin.isActive, plugin.path.hasPrefix(state.path + "/"),
      let hash = try? SHA256Digest(ofFile: path),
      quarantine.why(hash) == nil
    else { return }
    do throws(OperationError) {
      _ = try reloadNow(plugin.id, from: try record(ofFile: path), dryRun: false)
    } catch {
      core.log.log(.error, plugin.id, "\(error)")
    }
  }

  private func follow(_ plugin: ManagedPlugin) {
    do throws(OperationError) {
      guard let inspection = try? Inspection(path: plugin.path), inspection.manifest.id == plugin.id
      else {
        if FileStatus.exists(plugin.path) { return }
        _ = try unloadNow(
          plugin.id, force: true, until: .after(milliseconds: configuration.drainDeadline))
        table.update(plugin.id) { $0.isStopped = false }
        table.forget(plugin.id)
        return
      }
      if let hash = try? SHA256Digest(ofFile: plugin.path), hash == plugin.current?.hash { return }
      _ = try reloadNow(plugin.id, from: nil, dryRun: false)
    } catch {
      core.log.log(.error, plugin.id, "\(error)")
    }
  }
}
