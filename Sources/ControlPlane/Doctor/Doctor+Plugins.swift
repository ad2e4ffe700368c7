import FoundationEssentials
import Glibc
import PluginHost

extension Doctor {
  /// A plugin folder: readable, not open to everybody, and which of its files a host would not load.
  func pluginFolder(_ path: String) -> [DoctorCheck] {
    let name = "plugin folder"
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      let reason = unsafe access(path, F_OK) == 0 ? "cannot be read" : "is not there"
      return [
        DoctorCheck(
          name, .fail, "\(path) \(reason)", fix: "mkdir -p \(path), or correct --plugins")
      ]
    }
    let images = files.filter { $0.hasSuffix(".so") && !$0.hasPrefix(".") }.sorted()
    let bad = images.compactMap { unusable("\(path)/\($0)") }
    let count = "\(path) has \(images.count) shared object\(images.count == 1 ? "" : "s")"
    let finding = bad.isEmpty ? count : "\(count), \(bad.count) of them unusable"
    return [openToAll(path) ?? DoctorCheck(name, .ok, finding)] + bad
  }

  private func openToAll(_ path: String) -> DoctorCheck? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & 0o002 != 0 else { return nil }
    return DoctorCheck(
      "plugin folder", .fail, "everybody can write to \(path), so a host loads nothing from it",
      fix: "chmod o-w \(path)")
  }

  /// Whether the list, the keys and the library that trust rests on can be used.
  func check(_ trust: Result<TrustPolicy, OperationError>) -> DoctorCheck {
    switch trust {
    case .success(let policy): DoctorCheck("trust", .ok, policy.summary)
    case .failure(let error): DoctorCheck("trust", .fail, error.message, fix: error.advice)
    }
  }

  /// What a host would say of a file that it would not load; runs none of its code.
  private func unusable(_ path: String) -> DoctorCheck? {
    let reason: String
    do throws(OperationError) {
      guard
        let refusal = try FileInspector(path: path, trust: try? trust?.get()).report()
          .refusal
      else { return nil }
      reason = "\(path): \(refusal)"
    } catch {
      reason = error.description
    }
    return DoctorCheck(
      "plugin", .warn, reason,
      fix: "put a usable build in its place, or remove it; see `dovetail inspect \(path)`")
  }
}
