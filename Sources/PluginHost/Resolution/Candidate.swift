/// One build of a plugin that could be started: what the resolver decides upon.
public struct Candidate: Sendable {
  /// What the build says about itself.
  public var manifest: Manifest {
    get { shared.manifest }
    set { shared = Shared(newValue) }
  }
  /// The file that it came from; `builtin` for one that is linked into the host.
  public var path: String
  /// Why this build cannot be used, decided elsewhere (quarantine, toolchain, broken settings); `nil` when it can.
  public var refusal: Refusal?
  /// Behind a reference: the resolver copies candidates much, and a manifest has some twenty references of its own.
  private var shared: Shared

  private final class Shared: Sendable {
    let manifest: Manifest
    init(_ manifest: Manifest) { self.manifest = manifest }
  }

  /// Why a build cannot be used.
  public struct Refusal: Sendable, Equatable {
    /// The kind of reason.
    public var kind: Blockage.Kind
    /// The reason, as the end of a sentence that begins with the plugin's name: `is quarantined: …`.
    public var reason: String
    /// The smallest thing that would fix it.
    public var fix: String

    /// A refusal from its parts.
    public init(kind: Blockage.Kind, reason: String, fix: String) {
      self.kind = kind
      self.reason = reason
      self.fix = fix
    }
  }

  /// A build that could be started.
  public init(manifest: Manifest, path: String, refusal: Refusal? = nil) {
    shared = Shared(manifest)
    self.path = path
    self.refusal = refusal
  }
}
