import HostSupport
import Synchronization

/// Lets a staged build through to the loader, or does not. The policy may be replaced while the host runs.
///
/// Threading: any thread.
final class TrustGate: Sendable {
  private let state: Mutex<TrustPolicy>
  /// Folders that were found safe since the host began to look at the plugin folder.
  let known = SafeFolders()

  init(_ policy: TrustPolicy) {
    state = Mutex(policy)
  }

  /// What is asked of a build. Setting it affects what is staged from now on.
  var policy: TrustPolicy {
    get { state.withLock { $0 } }
    set {
      state.withLock { $0 = newValue }
      known.forget()
    }
  }

  /// Checks the owners of a file that was copied, by what its descriptor said before.
  ///
  /// - Throws: `rejected`.
  func checkOwner(_ subject: Stager.Subject) throws(StagingError) {
    let ownership = policy.ownership
    do throws(TrustRefusal) {
      try ownership.check(subject.status, subject.source)
      try ownership.checkWay(to: subject.source, known: known)
    } catch {
      throw .rejected(path: subject.source, reason: "is not trusted: \(error)")
    }
  }

  /// Checks the staged bytes of a plugin and all that it brings.
  ///
  /// - Parameters:
  ///   - image: What was staged.
  ///   - sidecar: The hash of the manifest that it was resolved with, when that lies beside it.
  /// - Returns: The image with what speaks for it.
  /// - Throws: `rejected`.
  func approve(
    _ image: StagedImage, sidecar: SHA256Digest?
  ) throws(StagingError) -> StagedImage {
    let policy = policy
    guard policy.settings.looksAtContents else { return image }
    do throws(TrustRefusal) {
      var image = image
      image.signature = try policy.signature(of: image.source)
      image.trust = try policy.judge(
        TrustStatement(image, sidecar: sidecar), signature: image.signature, path: image.source)
      return image
    } catch {
      throw .rejected(path: image.source, reason: "is not trusted: \(error)")
    }
  }
}
