import FoundationEssentials
import Glibc
import HostSupport

/// A plugin that keeps the host's metadata records; the raw value is its provider's name.
public enum ProviderPlugin: String, CaseIterable, Sendable {
  /// An outsider's in C, of the zoo.
  case keeper
  /// The plugin of `Plugins/Native`.
  case sqlite

  /// Those that were built: `make test` builds all; without libsqlite3-dev there is no `sqlite`.
  public static let available = allCases.filter { plugin in
    guard plugin == .sqlite, unsafe access(sqliteStore, F_OK) != 0 else { return true }
    print(
      "skipped with sqlite: \(sqliteStore) is not there; run 'make plugins CONFIGURATION=debug'")
    return false
  }

  /// The plugin's id.
  public var id: String { self == .keeper ? "keeper" : "sqlite-store" }

  /// Puts the plugin into a folder.
  ///
  /// - Parameters:
  ///   - folder: The folder, which exists.
  ///   - flags: How the zoo's creature misbehaves.
  /// - Returns: The file's path.
  /// - Throws: The system's error, or the compiler's output.
  @discardableResult
  public func place(in folder: String, _ flags: [String] = []) throws -> String {
    let path = "\(folder)/\(id).so"
    switch self {
    case .sqlite: try FileManager.default.copyItem(atPath: Self.sqliteStore, toPath: path)
    case .keeper:
      let manifest = #"{\"id\": \"keeper\", \"version\": \"1.0.0\", \"abi\": \"1.0\"}"#
      let source = try String(contentsOfFile: "\(Self.zoo)/keeper.c", encoding: .utf8)
      let built = try FixtureCompiler(folder: folder).compile(
        "keeper.building", source,
        flags: ["-I\(Self.include)", "-I\(Self.zoo)", "-DMANIFEST=\"\(manifest)\""] + flags)
      guard unsafe rename(built, path) == 0 else { throw SystemError("rename", path) }
    }
    return path
  }

  private static let root =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  private static let sqliteStore = "\(root)/.build/plugins-debug/libsqlite-store.so"
  private static let zoo = "\(root)/Tests/ZooTests/Fixtures"
  private static let include = "\(root)/PluginSDK/CDovetail/include"
}
