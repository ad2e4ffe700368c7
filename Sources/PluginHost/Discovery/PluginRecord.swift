/// A usable plugin file that a scan found.
///
/// A record from the registry cache decodes its parts when they are asked for: keep what `manifest()` returns.
public struct PluginRecord: Sendable {
  /// The folder that was scanned.
  public let directory: String
  /// What the system says of the file, behind symbolic links.
  public let identity: FileIdentity
  let content: Content

  enum Content: Sendable {
    case fresh(Fresh)
    case cached(RegistryImage, record: Int)
  }

  /// What an inspection found; behind a reference, so that a record of the cache stays small.
  final class Fresh: Sendable {
    let inspection: Inspection
    let name: String

    init(_ inspection: Inspection, name: String) {
      self.inspection = inspection
      self.name = name
    }
  }

  init(directory: String, identity: FileIdentity, content: Content) {
    self.directory = directory
    self.identity = identity
    self.content = content
  }

  /// A record of one file that was inspected outside a scan.
  init(directory: String, _ inspection: Inspection, name: String) {
    self.directory = directory
    identity = inspection.identity
    content = .fresh(Fresh(inspection, name: name))
  }

  /// The file's name in the folder.
  public var name: String {
    switch content {
    case .fresh(let fresh): fresh.name
    case .cached(let image, let record): image.name(of: record)
    }
  }

  /// The file's path: the folder and the name.
  public var path: String { "\(directory)/\(name)" }

  /// Whether the manifest lies in `NAME.plugin.json` beside the file.
  public var hasSidecar: Bool {
    switch content {
    case .fresh(let fresh): fresh.inspection.sidecar != nil
    case .cached(let image, let record): image.hasSidecar(record)
    }
  }

  /// The bytes of the manifest when it lies beside the file, as they were read; `nil` when it is inside.
  func sidecarBytes() -> [UInt8]? {
    guard hasSidecar else { return nil }
    switch content {
    case .fresh(let fresh): return fresh.inspection.manifestBytes
    case .cached(let image, let record): return image.manifest(of: record)
    }
  }

  /// The SHA-256 of the file as `RegistryCache.remember` was told it; `nil` when nobody hashed this content yet.
  public var contentHash: [UInt8]? {
    switch content {
    case .fresh: nil
    case .cached(let image, let record): image.hash(of: record)
    }
  }

  /// What the plugin says about itself.
  ///
  /// - Returns: The manifest; costs some microseconds for a cached record.
  /// - Throws: `DiscoveryProblem` when the cached bytes are no manifest to this build of the host.
  public func manifest() throws(DiscoveryProblem) -> Manifest {
    switch content {
    case .fresh(let fresh): return fresh.inspection.manifest
    case .cached(let image, let record):
      do throws(ManifestError) {
        return try Manifest(parsing: image.manifest(of: record))
      } catch {
        throw DiscoveryProblem(path: path, kind: .badManifest, reason: "\(error)")
      }
    }
  }

  /// What the file's ELF headers say.
  ///
  /// - Returns: The facts; costs about a microsecond for a cached record.
  public func facts() -> ImageFacts {
    switch content {
    case .fresh(let fresh): fresh.inspection.facts
    case .cached(let image, let record): image.facts(of: record)
    }
  }
}
