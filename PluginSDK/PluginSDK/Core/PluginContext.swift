import CDovetail

/// What a plugin knows of its host: everything that it can publish, subscribe, call, keep and ask.
///
/// Valid from `init(context:)` until `stop()` returns; later calls throw `gone`.
/// Threading: every method may be called from any thread.
public final class PluginContext: Sendable {
  /// The plugin's id, as the manifest has it.
  public let pluginID: String
  /// 1 for the first build loaded in this run of the host, then one more each reload.
  public let generation: Int
  /// The host's version, semver.
  public let hostVersion: String

  let link: HostLink
  let boxes = BoxRegistry()
  private let work = Guarded<BackgroundWork?>(nil)

  /// Connects to a host.
  init(_ link: HostLink, _ identity: Identity) {
    self.link = link
    pluginID = identity.pluginID
    generation = identity.generation
    hostVersion = identity.hostVersion
  }

  /// What the handshake said.
  struct Identity: Sendable {
    var pluginID = ""
    var generation = 0
    var hostVersion = ""
  }

  /// The work in the background, or `nil` before the first.
  var background: BackgroundWork? { work.withLock { $0 } }

  /// The work in the background, made at the first use.
  func background(orMake make: @Sendable () -> BackgroundWork) -> BackgroundWork {
    let made = background ?? make()
    return work.withLock { current in
      let result = current ?? made
      current = result
      return result
    }
  }

  /// Writes lines to the host's log.
  public var log: Log { Log(link) }
}
