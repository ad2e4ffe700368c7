import HostSupport
import MetadataStore
import PluginHost

/// A host whose store is on the provider of a plugin.
struct CrashHost {
  private let host: Host
  /// Its store.
  let store: MetadataStore

  /// Starts it.
  ///
  /// - Parameters:
  ///   - provider: The provider's name.
  ///   - state: The state directory.
  ///   - plugins: The folder with the plugin that offers the provider.
  ///   - options: `metadata.options`.
  /// - Throws: What the host throws, also when it has no store.
  init(provider: String, state: String, plugins: String, options: JSON) throws {
    var configuration = HostConfiguration()
    configuration.plugins = plugins
    configuration.state = state
    configuration.journalFsync = false
    configuration.probation.seconds = 0
    configuration.metadata.provider = .init(rawValue: provider)
    configuration.metadata.options = options
    host = try Host(configuration: configuration, log: LogWriter(level: .error))
    try host.start()
    store = try host.metadataDesk().store
  }

  /// Ends it, and with it the store.
  func end() throws { try host.shutDown(deadline: .after(milliseconds: 60_000)) }
}
