import Glibc
import HostSupport

/// Tells what a file holds, without a host and without running any of it.
public struct FileInspector: Sendable {
  private let path: String

  /// Names the file.
  public init(path: String) {
    self.path = path
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
    addManifest(to: &report, image)
    return report
  }

  private func addManifest(to report: inout InspectReport, _ image: ElfImage) {
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
    } catch {
      report.refusal = error.reason
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
