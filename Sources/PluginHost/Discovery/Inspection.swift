import Glibc
import HostSupport

/// What one file says about itself, read without running or mapping any of it.
public struct Inspection: Sendable, Equatable {
  /// What the system says of the file that was read.
  public let identity: FileIdentity
  /// What the file's ELF headers say.
  public let facts: ImageFacts
  /// What the plugin says about itself.
  public let manifest: Manifest
  /// The manifest's bytes as they are in the file.
  public let manifestBytes: [UInt8]
  /// The sidecar manifest; `nil` when the manifest is embedded.
  public let sidecar: Sidecar?

  /// A manifest in a file of its own.
  public struct Sidecar: Sendable, Equatable {
    /// The file's path.
    public let path: String
    /// What the system says of the file that was read.
    public let identity: FileIdentity
  }

  /// Reads a file, which may hold anything, and the manifest in it or beside it.
  ///
  /// - Parameters:
  ///   - path: The shared object.
  ///   - sidecar: The path of the sidecar manifest; `NAME.plugin.json` beside `NAME.so` when omitted.
  /// - Throws: `DiscoveryProblem` that says why it is no usable plugin.
  public init(path: String, sidecar: String? = nil) throws(DiscoveryProblem) {
    let image = try ElfImage(path: path)
    identity = image.identity
    facts = image.facts
    var manifestPath = path
    if let embedded = image.manifestBytes {
      manifestBytes = embedded
      self.sidecar = nil
    } else {
      let file = try Self.readSidecar(sidecar ?? Self.sidecarPath(for: path), of: path)
      manifestPath = file.path
      manifestBytes = file.bytes
      self.sidecar = Sidecar(path: file.path, identity: file.identity)
    }
    do throws(ManifestError) {
      manifest = try Manifest(parsing: manifestBytes)
    } catch {
      throw DiscoveryProblem(path: manifestPath, kind: .badManifest, reason: "\(error)")
    }
  }

  /// The bytes of the sidecar manifest beside a shared object; `nil` when there is none, or it cannot be read.
  static func sidecarBytes(of path: String) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(sidecarPath(for: path), O_RDONLY | O_NONBLOCK) else {
      return nil
    }
    return try? file.read(Manifest.largestSize, at: 0)
  }

  /// Where the sidecar manifest of a shared object lies: `NAME.plugin.json` beside `NAME.so`.
  public static func sidecarPath(for path: String) -> String {
    (path.hasSuffix(".so") ? String(path.dropLast(3)) : path) + ".plugin.json"
  }

  private static func readSidecar(
    _ path: String, of image: String
  ) throws(DiscoveryProblem) -> (path: String, bytes: [UInt8], identity: FileIdentity) {
    guard exists(path) else {
      throw DiscoveryProblem(
        path: image, kind: .noManifest,
        reason: "has no manifest: neither a section dovetail_manifest nor the file \(path);"
          + " embed plugin.json when building")
    }
    let source = try ElfSource(path: path)
    guard source.size <= UInt64(Manifest.largestSize) else {
      throw DiscoveryProblem(
        path: path, kind: .badManifest,
        reason: "manifest: has \(source.size) bytes; at most 65536 are allowed")
    }
    return (path, try source.bytes(at: 0, source.size, "its bytes").array, source.identity)
  }

  private static func exists(_ path: String) -> Bool {
    unsafe access(path, F_OK) == 0
  }
}
