import Glibc
import HostSupport

/// The executable that workers run, and what they find around them.
struct WorkerProgram: Sendable, Equatable {
  /// The name of the executable.
  static let name = "dovetail-worker"

  /// The executable's path.
  let path: String

  /// Finds the executable: where the configuration says, beside the host's own, or in `../libexec/dovetail` from there.
  ///
  /// - Parameter configured: The configuration's path, if it has one.
  /// - Throws: Where it was looked for.
  init(configured: String?) throws(WorkerError) {
    let folder = Self.folder
    let beside = ["\(folder)/\(Self.name)", "\(folder)/../libexec/dovetail/\(Self.name)"]
    let places = configured.map { [$0] } ?? beside
    guard let found = places.first(where: { unsafe access($0, X_OK) == 0 }) else {
      throw .noProgram(places)
    }
    path = found
  }

  /// Where the host's own executable lies.
  private static let folder: String = {
    let own = unsafe realpath("/proc/self/exe", nil)
    defer { unsafe free(own) }
    let executable = unsafe own.map { unsafe String(cString: $0) } ?? ""
    return String(executable.prefix(upTo: executable.lastIndex(of: "/") ?? executable.startIndex))
  }()

  /// What a worker finds in its environment, and no more: a place for temporary files, language, time zone, and for a plugin that
  /// needs it the runtime that the host itself uses.
  static func environment(needing libraries: [String]) -> [String] {
    var environment = ["PATH=/usr/bin:/bin"]
    for name in ["LANG", "LC_ALL", "TZ", "TMPDIR"] {
      if let value = Environment[name] { environment.append("\(name)=\(value)") }
    }
    let isSwift = libraries.contains { $0.hasPrefix("libswift") }
    if isSwift, let folder = SandboxRules.swiftRuntime {
      environment.append("LD_LIBRARY_PATH=\(folder)")
    }
    return environment
  }
}
