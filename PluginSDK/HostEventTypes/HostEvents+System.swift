public import PluginSDK

/// Of the host as a whole.
extension HostEvents {
  /// All plugins had their `pre_init` and none its `init`: an interceptor that refuses it stops the start.
  public static let systemPreStartup = EventType<Count>("system.pre_startup")
  /// The host has started.
  public static let systemStartup = EventType<Count>("system.startup")
  /// The host is about to end; all plugins still serve.
  public static let systemShutdown = EventType<Nothing>("system.shutdown")
  /// All plugins had their `pre_cleanup` and none its `cleanup`.
  public static let systemPostShutdown = EventType<Nothing>("system.post_shutdown")
  /// Images that stay mapped hold more than the configuration allows.
  public static let systemRetiredBudget = EventType<RetiredBudget>("system.retired_budget")

  /// The host started with less than everything, because others died and no plugin could be blamed; or that was left.
  public static let systemSafeMode = EventType<SafeMode>("system.safe_mode")

  /// How much of a host runs.
  public struct SafeMode: Codable, Sendable, Equatable {
    /// `known-good`, `no-plugins`, or `off`.
    public var level: String
    /// Why, in prose.
    public var cause: String

    /// Describes how much runs.
    public init(level: String, cause: String) {
      self.level = level
      self.cause = cause
    }
  }

  /// How many plugins there are.
  public struct Count: Codable, Sendable, Equatable {
    /// Plugins that start, or have started.
    public var plugins: Int

    /// Describes a start.
    public init(plugins: Int) { self.plugins = plugins }
  }

  /// Nothing to say.
  public struct Nothing: Codable, Sendable, Equatable {
    /// Says nothing.
    public init() {}
  }

  /// What retired images hold.
  public struct RetiredBudget: Codable, Sendable, Equatable {
    /// Images.
    public var images: Int
    /// Bytes of them.
    public var bytes: Int
    /// What to do, in a sentence.
    public var warning: String

    /// Describes retired images.
    public init(images: Int, bytes: Int, warning: String) {
      self.images = images
      self.bytes = bytes
      self.warning = warning
    }
  }
}
