/// What speaks for a build: who signed it, or that its hashes are listed.
public enum TrustState: Sendable, Equatable, CustomStringConvertible {
  /// A signature by the key of this name fits it.
  case signed(by: String)
  /// The list of hashes has all of its files.
  case listed
  /// Nothing; the configuration does not ask for more than safe owners and modes.
  case unverified

  /// The state in words: `signed by release`, `listed` or `unverified`.
  public var description: String {
    switch self {
    case .signed(let key): "signed by \(key)"
    case .listed: "listed"
    case .unverified: "unverified"
    }
  }
}
