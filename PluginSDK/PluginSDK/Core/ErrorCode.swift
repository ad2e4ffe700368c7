import CDovetail

extension PluginError {
  /// The kind of a failure: the `DVT_…` codes of the ABI. Codes of later revisions keep their number.
  public struct Code: RawRepresentable, Sendable, Equatable {
    /// The number in the ABI.
    public let rawValue: Int32

    /// Takes a number of the ABI's.
    public init(rawValue: Int32) {
      self.rawValue = rawValue
    }

    /// The callee failed for a reason of its own.
    public static let failed = Code(rawValue: DVT_FAILED)
    /// An argument is malformed: the caller's bug.
    public static let invalid = Code(rawValue: DVT_INVALID)
    /// This host or this revision cannot do that.
    public static let unsupported = Code(rawValue: DVT_UNSUPPORTED)
    /// No such record, service, setting or subscription.
    public static let notFound = Code(rawValue: DVT_NOT_FOUND)
    /// The name is taken.
    public static let exists = Code(rawValue: DVT_EXISTS)
    /// The generation was retired, or the handle was revoked.
    public static let gone = Code(rawValue: DVT_GONE)
    /// The manifest does not permit it.
    public static let denied = Code(rawValue: DVT_DENIED)
    /// Compare-and-set met another version.
    public static let conflict = Code(rawValue: DVT_CONFLICT)
    /// A bounded queue or table has no room.
    public static let full = Code(rawValue: DVT_FULL)
    /// The deadline passed.
    public static let timeout = Code(rawValue: DVT_TIMEOUT)
    /// The wait could never end.
    public static let wouldDeadlock = Code(rawValue: DVT_WOULD_DEADLOCK)
    /// Publishes or calls are nested too deep.
    public static let depth = Code(rawValue: DVT_DEPTH)
    /// Not allowed before the reload that started the plugin commits.
    public static let notCommitted = Code(rawValue: DVT_NOT_COMMITTED)
    /// The callee crashed and was contained.
    public static let crashed = Code(rawValue: DVT_CRASHED)
    /// Over a documented size.
    public static let tooLarge = Code(rawValue: DVT_TOO_LARGE)
    /// Nobody can answer now: the provider is reloading, suspended or failed.
    public static let unavailable = Code(rawValue: DVT_UNAVAILABLE)

    /// A few words for people, used when the host sent no message.
    public var name: String {
      switch rawValue {
      case DVT_OK: "ok"
      case DVT_FAILED: "failed"
      case DVT_INVALID: "an argument is malformed"
      case DVT_UNSUPPORTED: "not supported by this host"
      case DVT_NOT_FOUND: "not found"
      case DVT_EXISTS: "the name is taken"
      case DVT_GONE: "this generation of the plugin was retired"
      case DVT_DENIED: "not permitted by the manifest"
      case DVT_CONFLICT: "the record has another version"
      case DVT_FULL: "no room"
      case DVT_TIMEOUT: "the deadline passed"
      case DVT_WOULD_DEADLOCK: "the wait could never end"
      case DVT_DEPTH: "nested too deep"
      case DVT_PENDING: "accepted, not yet complete"
      case DVT_NOT_COMMITTED: "not allowed before the reload commits"
      case DVT_CRASHED: "the callee crashed"
      case DVT_TOO_LARGE: "too large"
      case DVT_UNAVAILABLE: "unavailable now"
      default: "error \(rawValue)"
      }
    }
  }
}
