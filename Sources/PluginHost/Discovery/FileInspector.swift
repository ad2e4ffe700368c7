import Glibc
import HostSupport

/// Tells what a file holds, without a host and without running any of it.
public struct FileInspector: Sendable {
  private let path: String
  private let trust: TrustPolicy?

  /// Names the file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - trust: What a host would ask of it; `nil` not to look.
  public init(path: String, trust: TrustPolicy? = nil) {
    self.path = path
    self.trust = trust
  }

  /// Reads the file, which may hold anything.
  ///
  /// - Returns: What it is, and why a host would refuse it.
  /// - Throws: `OperationError` when it cannot be read at all, or is no regular file.
  public func report() throws(OperationError) -> InspectReport {
    let image: ElfImage
    do throws(DiscoveryProblem) {
      image = try ElfImage(path: path)
    } catch {
      throw OperationError(error.operationCode, "\(error)")
    }
    let digest: SHA256Digest
    do throws(SystemError) { digest = try SHA256Digest(ofFile: path) } catch {
      throw OperationError(.refused, "\(error)")
    }
    var report = InspectReport(
      path: path, bytes: Int(clamping: image.identity.size), contentHash: digest.description)
    report.image = ImageReport(image.facts)
    report.warnings = image.facts.warnings
    let sidecar = addManifest(to: &report, image)
    addTrust(to: &report, image, digest, sidecar)
    return report
  }

  private func addTrust(
    to report: inout InspectReport, _ image: ElfImage, _ hash: SHA256Digest, _ sidecar: [UInt8]?
  ) {
    report.statement =
      try? TrustStatement(ofFile: path, facts: image.facts, hash: hash, sidecar: sidecar).text
    guard let trust else { return }
    do throws(TrustRefusal) {
      report.trust =
        try trust.examine(path, image.facts, hash: hash, sidecar: sidecar).description
    } catch {
      report.trust = "refused"
      report.refusal = report.refusal ?? "is not trusted: \(error)"
    }
  }

  /// Returns the manifest's bytes when it lies beside the file.
  private func addManifest(to report: inout InspectReport, _ image: ElfImage) -> [UInt8]? {
    do throws(DiscoveryProblem) {
      let inspection = try Inspection(path: path)
      report.manifest = try? JSON(parsing: inspection.manifestBytes)
      report.manifestSource = inspection.sidecar?.path ?? "section dovetail_manifest"
      report.warnings += inspection.manifest.warnings
      switch image.facts.unloadClass(inspection.manifest.unload) {
      case .unmappable: report.unload = UnloadReport(.unmappable)
      case .retired(let reason): report.unload = UnloadReport(.retired, reasons: [reason])
      }
      report.refusal = image.facts.refusal(
        toolchain: inspection.manifest.toolchain, runtime: Dovetail.runtime)
      if !image.facts.traits.contains(.exportsEntry) {
        report.refusal =
          report.refusal ?? "it does not export dovetail_plugin; export that function"
      }
      return inspection.sidecar == nil ? nil : inspection.manifestBytes
    } catch {
      report.refusal = error.reason
      return nil
    }
  }
}

extension DiscoveryProblem {
  /// How an operation fails that was to use the file.
  var operationCode: OperationCode {
    guard kind == .unreadable else { return .refused }
    return unsafe access(path, F_OK) == 0 ? .refused : .notFound
  }
}

extension ImageReport {
  /// The headers' facts as an operator reads them.
  init(_ facts: ImageFacts) {
    self.init(machine: Self.machine(facts.machine), bits: 64)
    soname = facts.soname
    buildID = facts.buildID
    needed = facts.needed
    runpath = facts.runpath.isEmpty ? nil : facts.runpath.joined(separator: ":")
    exports =
      (facts.traits.contains(.exportsEntry) ? ["dovetail_plugin"] : []) + facts.otherExports.sample
    hasSwiftMetadata = facts.traits.contains(.swiftMetadata)
    hasUniqueSymbols = facts.traits.contains(.uniqueSymbols)
    constructors = facts.traits.contains(.constructors) ? 1 : 0
  }

  private static func machine(_ number: UInt16) -> String {
    switch number {
    case 62: "x86-64"
    case 183: "aarch64"
    default: "machine \(number)"
    }
  }
}
