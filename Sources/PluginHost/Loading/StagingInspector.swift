import HostSupport
import Synchronization

/// Reads the facts of staged files, and checks that they are the builds that the scan saw.
///
/// Threading: any thread.
final class StagingInspector: Sendable {
  /// What the scan saw of one file.
  struct Expectation: Sendable {
    let manifest: Manifest
    let facts: ImageFacts
    /// SHA-256 of the content that the scan saw; `nil` when nobody hashed it.
    let hash: [UInt8]?
  }

  private let expected = Mutex<[String: Expectation]>([:])
  private let sidecars = Mutex<[String: SHA256Digest]>([:])

  /// Says with which manifest beside it a file was resolved; `nil` when its manifest is inside.
  func expect(_ path: String, sidecar: SHA256Digest?) {
    sidecars.withLock { $0[path] = sidecar }
  }

  /// The hash of the manifest beside a file, if it has one.
  func sidecar(of path: String) -> SHA256Digest? { sidecars.withLock { $0[path] } }

  /// Says what the scan saw of a file.
  func expect(_ path: String, _ expectation: Expectation) {
    expected.withLock { $0[path] = expectation }
  }

  /// The facts of a staged file, for loading.
  ///
  /// - Parameters:
  ///   - file: The staged copy, open for reading.
  ///   - subject: Where it came from.
  /// - Returns: What the loader needs to know.
  /// - Throws: `rejected` when it is no shared object, or another build than the scan saw.
  func inspect(
    _ file: borrowing FileDescriptor, _ subject: Stager.Subject
  ) throws(StagingError) -> LoadFacts {
    let seen = expected.withLock { $0[subject.source] }
    if let seen, let hash = seen.hash, hash == Array(subject.digest.bytes) {
      return LoadFacts(seen.facts, seen.manifest.unload)
    }
    let image: ElfImage
    do throws(DiscoveryProblem) {
      image = try ElfImage(path: "/proc/self/fd/\(file.raw)")
    } catch {
      throw .rejected(path: subject.source, reason: error.reason)
    }
    guard !subject.isLibrary, let seen else { return LoadFacts(image.facts, .auto) }
    if let bytes = image.manifestBytes, (try? Manifest(parsing: bytes)) != seen.manifest {
      throw .rejected(
        path: subject.source, reason: "it is another build than the one that was scanned; try again"
      )
    }
    return LoadFacts(image.facts, seen.manifest.unload)
  }
}

extension LoadFacts {
  /// The part of an image's facts that loading needs.
  init(_ facts: ImageFacts, _ mode: UnloadMode) {
    let keepReason: String? =
      switch facts.unloadClass(mode) {
      case .unmappable: nil
      case .retired(let reason): reason
      }
    self.init(
      needed: facts.needed, runpath: facts.runpath, soname: facts.soname,
      unmappable: keepReason == nil, keepReason: keepReason,
      hasConstructors: facts.traits.contains(.constructors))
  }
}
