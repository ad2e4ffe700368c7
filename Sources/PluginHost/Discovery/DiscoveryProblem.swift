/// A file in a plugin folder that is no usable plugin: which, why, and what to do.
public struct DiscoveryProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of problem it is.
  public enum Kind: String, Sendable, CaseIterable {
    /// The system refuses to open or read it.
    case unreadable
    /// It is no regular file.
    case notAFile = "not-a-file"
    /// It is no ELF shared object, or is damaged.
    case notAnImage = "not-an-image"
    /// It is an image for another machine.
    case wrongArchitecture = "wrong-architecture"
    /// It has no manifest, neither inside nor beside it.
    case noManifest = "no-manifest"
    /// Its manifest is wrong.
    case badManifest = "bad-manifest"
  }

  /// The file's path.
  public let path: String
  /// What kind of problem it is.
  public let kind: Kind
  /// What is wrong and the next step.
  public let reason: String

  /// A problem with a file.
  public init(path: String, kind: Kind, reason: String) {
    self.path = path
    self.kind = kind
    self.reason = reason
  }

  /// The whole problem in one line.
  public var description: String { "\(path): \(reason)" }
}
