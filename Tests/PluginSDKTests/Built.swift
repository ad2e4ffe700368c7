import Synchronization
import TestSupport
import Testing

/// Images that several tests use, each built once.
final class Built: Sendable {
  static let shared = Built()

  private let folder = TemporaryDirectory()
  private let results = Mutex<[String: Tool.Result]>([:])

  /// The image of a template, or `nil` where its compiler is not on the machine.
  func template(_ name: String) throws -> String? {
    let result = try run("PluginSDK/Templates/build.sh \(name)")
    if result.status == 3 {
      print(result.output)
      return nil
    }
    try #require(result.status == 0, "\(result.output)")
    return folder.file("libmy-plugin-\(name).so")
  }

  /// The image of the heartbeat plugin.
  func heartbeat() throws -> String {
    let result = try run("Plugins/Heartbeat/build.sh")
    try #require(result.status == 0, "\(result.output)")
    return folder.file("libheartbeat.so")
  }

  /// Locked while it builds: two builds at once would only slow each other down.
  private func run(_ script: String) throws -> Tool.Result {
    try results.withLock { results in
      if let known = results[script] { return known }
      let tool = "EMBED_MANIFEST='\(Tool.products)/embed-manifest-tool'"
      let result = try Tool.shell("\(tool) '\(Tool.root)'/\(script) '\(folder.path)'")
      results[script] = result
      return result
    }
  }
}
