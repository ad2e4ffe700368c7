import CDovetail
import EventBus
import Glibc
import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

/// A plugin's provider behind the host's own adapter, in a process that has no host: it opens a store in a millisecond.
///
/// Threading: any thread; one store is open at a time, for that is what a provider can do.
final class LoadedProvider: Sendable {
  /// Where the plugin lies, alone in its folder.
  let plugins: String
  private let offer: Monitor<PersistenceOffer>
  private let generation: Generation

  /// The plugins of this process; each is built and loaded when it is used first, and stays.
  static let keeper = Result { try LoadedProvider(.keeper) }
  static let sqlite = Result { try LoadedProvider(.sqlite) }

  private typealias Entry =
    @Sendable @convention(c) (UnsafePointer<dvt_handshake>?) -> UnsafePointer<dvt_plugin>?
  private static let folders = TemporaryDirectory()

  private init(_ plugin: ProviderPlugin) throws {
    plugins = Self.folders.file(plugin.rawValue)
    guard unsafe mkdir(plugins, 0o700) == 0 else { throw SystemError("mkdir", plugins) }
    let image = unsafe dlopen(try plugin.place(in: plugins), RTLD_NOW | RTLD_LOCAL)
    guard let symbol = unsafe dlsym(image, "dovetail_plugin") else {
      throw SystemError("dlopen", plugins)
    }
    let builtin = unsafe try BuiltinPlugin(
      manifest: #"{"id": "\#(plugin.id)", "version": "1.0.0", "abi": "1.0"}"#,
      entry: unsafeBitCast(symbol, to: Entry.self))
    _ = ErrorCollector.installed
    let core = HostCore(
      bus: unsafe EventBus(layout: EventCopy.layout, threads: 1), providers: PersistenceRegistry(),
      seat: StoreSeat(), log: LogWriter(level: .error), limits: BridgeLimits()
    ) { _, _, _ in
    } onPhaseCrash: { _, _, _ in
    }
    generation = Generation(
      instance: PluginInstance(
        manifest: builtin.manifest, settings: .object([:]), generation: 1, number: 0, build: 0,
        core: core),
      origin: .builtin(builtin), build: 0)
    _ = unsafe generation.handshake(builtin.entry)
    #expect(generation.call(.preInit).code == DVT_OK)
    offer = Monitor(try #require(core.providers.offer(plugin.rawValue)))
  }

  /// Lends the provider, not yet open; whoever opens it closes it.
  ///
  /// - Parameters:
  ///   - directory: The provider's own folder; it is made where it is missing, as a host does.
  ///   - options: `metadata.options`.
  ///   - body: What to do with it.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  func with<Value: Sendable>(
    _ directory: String, options: JSON = .object([:]),
    _ body: (any PersistenceProvider) throws -> Value
  ) throws -> Value {
    try offer.withLock { offer in
      try body(PluginProvider(offer, directory: directory, options: options))
    }
  }
}
