/// Why a plugin cannot start, and the smallest thing that would let it.
public struct Blockage: Sendable, Equatable {
  /// The kind of reason.
  public enum Kind: String, Sendable, CaseIterable {
    /// The operator disabled it.
    case disabled
    /// Its build is quarantined.
    case quarantined
    /// The host is in safe mode.
    case heldBack = "held-back"
    /// It failed before in this run of the host.
    case failed
    /// It was built for another ABI, toolchain or machine.
    case incompatible
    /// Others could change its file, or nothing speaks for it that the configuration asks for.
    case untrusted
    /// Its settings do not fit its schema.
    case settings
    /// Two files have the same id and version.
    case duplicate
    /// A plugin that it needs is not there.
    case missing
    /// A plugin that it needs is there in other versions only.
    case version
    /// A plugin that it needs is blocked itself.
    case dependency
    /// It and another plugin exclude each other.
    case conflict
    /// It needs itself by way of others.
    case cycle
  }

  /// The kind of reason.
  public let kind: Kind
  /// The chain of causes in prose, from the plugin itself to the root.
  public let chain: String
  /// The smallest thing that would let it start.
  public let fix: String
  /// The plugin whose own trouble is the root of the chain; the plugin itself when it has no other to blame.
  public let root: String

  /// A blockage from its parts.
  public init(kind: Kind, chain: String, fix: String, root: String) {
    self.kind = kind
    self.chain = chain
    self.fix = fix
    self.root = root
  }
}
