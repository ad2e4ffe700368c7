/// Where a plugin stands on its way through the host.
public enum PluginState: Sendable, Equatable {
  /// Its file was found and its manifest read; nothing was decided yet.
  case discovered
  /// Its dependencies are there and its place in the order is known.
  case resolved
  /// A verified copy of its file lies in the state directory.
  case staged
  /// Its image is mapped and its callbacks are known.
  case loaded
  /// `pre_init` succeeded.
  case preInit
  /// `init` succeeded.
  case initialized
  /// `post_init` succeeded; it serves.
  case active
  /// It came to rest for a hand-over.
  case quiesced
  /// It is being ended.
  case cleaning
  /// It ended; its image stays mapped, for this reason.
  case retired(reason: String)
  /// It ended and its image is gone from memory.
  case unmapped
  /// It cannot start because of others: the chain in prose.
  case blocked(by: String)
  /// A step failed.
  case failed(phase: LifecyclePhase, error: String)
  /// This build is not tried again until the quarantine is cleared.
  case quarantined(cause: String)

  /// The state's name in one word, as `dovetail list` prints it.
  public var name: String {
    switch self {
    case .discovered: "discovered"
    case .resolved: "resolved"
    case .staged: "staged"
    case .loaded: "loaded"
    case .preInit: "pre-init"
    case .initialized: "init"
    case .active: "active"
    case .quiesced: "quiesced"
    case .cleaning: "cleaning"
    case .retired: "retired"
    case .unmapped: "unmapped"
    case .blocked: "blocked"
    case .failed: "failed"
    case .quarantined: "quarantined"
    }
  }
}

/// A step of a plugin's life in which something can go wrong.
public enum LifecyclePhase: String, Sendable, Codable, CaseIterable {
  /// Reading the file and its manifest.
  case discover
  /// Finding dependencies and order.
  case resolve
  /// Copying and verifying the file.
  case stage
  /// `dlopen`, constructors included, and the entry call.
  case load
  /// The callback `pre_init`.
  case preInit = "pre_init"
  /// The callback `init`.
  case initialize = "init"
  /// The callback `post_init`.
  case postInit = "post_init"
  /// The callback `quiesce`.
  case quiesce
  /// The callback `resume`.
  case resume
  /// The callback `save_state`.
  case saveState = "save_state"
  /// The callback `restore_state`.
  case restoreState = "restore_state"
  /// Being active: handlers, services, timers.
  case running
  /// The callback `pre_cleanup`.
  case preCleanup = "pre_cleanup"
  /// The callback `cleanup`.
  case cleanup
  /// Unmapping the image.
  case unload
}
