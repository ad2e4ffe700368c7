import HostSupport

/// Settings of plugins in the configuration. Control thread only.
extension Host {
  /// Names settings that nobody takes: of plugins that are not there, and of running ones whose schema refuses them.
  func reportSettings() {
    let known = table.all.map(\.id)
    for (id, settings) in configuration.settings.sorted(by: { $0.key < $1.key }) {
      guard let plugin = table[id] else {
        core.log.log(
          .warning, "configuration",
          "there are settings for \(id), which is not there" + Spelling.hint(for: id, in: known))
        continue
      }
      guard plugin.isActive else { continue }
      do throws(SettingsError) {
        _ = try plugin.manifest.settings.apply(to: settings)
      } catch {
        core.log.log(
          .error, id,
          "goes on with its former settings, the new ones do not fit its schema: \(error)")
      }
    }
  }
}
