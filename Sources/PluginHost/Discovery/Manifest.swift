public import HostSupport

/// What a plugin says about itself, known before any of its code runs.
///
/// It is JSON, at most 64 KiB, in the ELF section `dovetail_manifest` or in `NAME.plugin.json` beside `NAME.so`.
public struct Manifest: Sendable, Equatable {
  /// The largest manifest that is read: 64 KiB.
  public static let largestSize = 65_536

  /// The plugin's name in the host: 1…128 bytes of letters, digits, `-` and `_` in segments joined by `.`.
  public var id: String
  /// The plugin's version.
  public var version: SemanticVersion
  /// The revision of the C ABI that the plugin was built for.
  public var abi: ABIVersion
  /// The toolchain that built it, such as `swift-6.3.1`; `nil` when the embedding tool did not say.
  public var toolchain: String?
  /// What the plugin is for, in a sentence; may be empty.
  public var description = ""
  /// Who made it; may be empty.
  public var author = ""
  /// The licence's SPDX name; may be empty.
  public var license = ""
  /// Plugins without which this one does not start.
  public var requires: [String: VersionRange] = [:]
  /// Plugins that start before this one when they are there in a fitting version.
  public var optional: [String: VersionRange] = [:]
  /// Plugins beside which this one does not start.
  public var conflicts: [String: VersionRange] = [:]
  /// Services that the plugin registers.
  public var providedServices: [String] = []
  /// Event types that the plugin publishes.
  public var providedEvents: [String] = []
  /// What it declares of events that it publishes.
  public var events: [EventDeclaration] = []
  /// Plugins that should start after this one; a hint.
  public var before: [String] = []
  /// Plugins that should start before this one; a hint.
  public var after: [String] = []
  /// What the plugin may do.
  public var permissions: Permissions
  /// How much its own collections may hold; `nil` for any amount.
  public var quota: MetadataQuota?
  /// Where the plugin may run.
  public var isolation = IsolationMode.either
  /// How a new build takes over.
  public var reload = ReloadMode.live
  /// Whether the image may be unmapped.
  public var unload = UnloadMode.auto
  /// The state that it hands to its successor; `nil` when it has none.
  public var state: StateContract?
  /// The schema of the plugin's settings.
  public var settings = SettingsSchema.anything
  /// Keys that this host does not know, with their values.
  public var unknown: [String: JSON] = [:]

  /// A manifest with the three keys that it must have; everything else has its default.
  public init(id: String, version: SemanticVersion, abi: ABIVersion = .current) {
    self.id = id
    self.version = version
    self.abi = abi
    permissions = Permissions(defaultsFor: id)
  }

  /// One warning for each unknown key, with the nearest known one, sorted.
  public var warnings: [String] {
    unknown.keys.sorted().map { key in
      let parent = key.split(separator: ".").dropLast().joined(separator: ".")
      let known = ManifestKeys.known(under: parent).map { parent.isEmpty ? $0 : "\(parent).\($0)" }
      return "manifest key \(key) is unknown and ignored" + Spelling.hint(for: key, in: known)
    }
  }
}

/// The revision of the C ABI that something was built for: the major must match the host's.
public struct ABIVersion: Sendable, Hashable, CustomStringConvertible {
  /// Changes when a build for another major cannot be loaded.
  public let major: UInt16
  /// Grows when structs grow at their end.
  public let minor: UInt16

  /// A revision from its numbers.
  public init(_ major: UInt16, _ minor: UInt16) {
    self.major = major
    self.minor = minor
  }

  /// The revision that this host speaks.
  public static let current = ABIVersion(1, 0)

  /// The revision as the manifest has it, such as `1.0`.
  public var description: String { "\(major).\(minor)" }
}

/// Where a plugin may run.
public enum IsolationMode: String, Sendable, CaseIterable {
  /// In the host's process only.
  case inProcess = "in-process"
  /// In a worker process only.
  case isolated
  /// Wherever the configuration says.
  case either
}

/// How a new build of a plugin takes over from the old.
public enum ReloadMode: String, Sendable, CaseIterable {
  /// The new generation starts beside the old one, which goes on until the switch.
  case live
  /// The old generation is cleaned up first, because both cannot own the same port or file.
  case handoff
  /// The plugins that depend on it are restarted with it.
  case restartDependents = "restart-dependents"
  /// A new build is used at the host's next start only.
  case never
}

/// Whether the image of a plugin that ended may be unmapped.
public enum UnloadMode: String, Sendable, CaseIterable {
  /// The host decides by what the image contains.
  case auto
  /// The author promises that nothing of the image is in use after `cleanup`.
  case clean
  /// The image stays mapped.
  case keep
}

/// The state that one generation of a plugin hands to the next.
public struct StateContract: Sendable, Equatable {
  /// The name of the state's format.
  public var schema: String
  /// The format's version that this build writes, 0…2⁶³ − 1.
  public var version: UInt64
  /// The versions that this build reads; always holds `version`.
  public var accepts: Set<UInt64>

  /// A contract; `version` is always accepted.
  public init(schema: String, version: UInt64, accepts: Set<UInt64> = []) {
    self.schema = schema
    self.version = version
    self.accepts = accepts.union([version])
  }
}
