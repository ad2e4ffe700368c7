/// A `dlopen` or `dlclose` that runs now: code of that image runs under the loader's lock, and nothing contains it.
public struct LoaderActivity: Sendable, Equatable {
  /// What is being done.
  public enum Kind: String, Sendable {
    /// `dlopen`, constructors included.
    case loading
    /// `dlclose`, destructors included.
    case unloading
  }

  /// What is being done.
  public let kind: Kind
  /// Whose image it is.
  public let plugin: String
  /// The user's file.
  public let source: String
  /// When it began: nanoseconds on the monotonic clock.
  public let since: UInt64
}
