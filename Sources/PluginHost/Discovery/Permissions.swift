/// What a plugin may do, as its manifest asks for it.
///
/// Patterns are segments joined by `.`; `*` stands for one segment, a final `>` for one or more.
public struct Permissions: Sendable, Equatable {
  /// Event types that it may publish.
  public var publish: [String]
  /// Event types that it may subscribe to.
  public var subscribe: [String]
  /// Collections of the metadata store that it may read and write.
  public var metadata: [String]
  /// Services of other plugins that it may call.
  public var services: [String]
  /// Topics and services that it may intercept.
  public var intercept: [String]
  /// Paths that it may open when it is isolated.
  public var files: FileAccess
  /// What of the network it may use when it is isolated.
  public var network: NetworkAccess
  /// Whether it may start programs when it is isolated.
  public var exec: Bool

  /// Paths that a plugin may open; everything below a directory is meant too.
  public struct FileAccess: Sendable, Equatable {
    /// Absolute paths that may be read.
    public var read: [String] = []
    /// Absolute paths that may be read and written.
    public var write: [String] = []

    /// The most paths of both kinds.
    static let mostPaths = 128

    /// No paths.
    public init() {}
  }

  /// What a plugin may do whose manifest asks for nothing: publish its own events, subscribe to any, keep its own metadata,
  /// intercept what is its own.
  public init(defaultsFor id: String) {
    publish = [id, "\(id).>"]
    subscribe = [">"]
    metadata = [id, "\(id).>"]
    services = []
    intercept = [id, "\(id).>"]
    files = FileAccess()
    network = .none
    exec = false
  }
}
