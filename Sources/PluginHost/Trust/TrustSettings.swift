/// What a host asks of the files that it maps: keys `trust.*` of the configuration.
public struct TrustSettings: Sendable, Equatable {
  /// A file with lines as `sha256sum` prints them; `nil` for no list. With a list, every plugin must be in it or be signed.
  public var hashes: String?
  /// Files with an Ed25519 public key in PEM each. A signature, where there is one, must be by one of them.
  public var keys: [String] = []
  /// Whether every plugin must be signed, listed or not.
  public var requireSignatures = false
  /// Users, by name or number, who may own plugins beside the host's own user and root.
  public var owners: [String] = []

  /// The defaults: owners and modes alone count.
  public init() {}

  /// Whether contents are looked at, not only owners and modes.
  var looksAtContents: Bool { hashes != nil || !keys.isEmpty || requireSignatures }
}
