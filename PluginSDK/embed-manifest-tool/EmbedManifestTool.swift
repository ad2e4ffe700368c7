import FoundationEssentials
import Glibc

/// `embed-manifest-tool [--format swift|c] [--swiftc PATH] plugin.json OUTPUT`: turns a manifest into source text.
@main struct EmbedManifestTool {
  private var format = Emitter.swift
  private var compiler = "swiftc"
  private var paths: [String] = []

  /// Ends with 0, 1 (the manifest is at fault) or 2 (the arguments are).
  static func main() {
    do {
      var tool = EmbedManifestTool()
      guard tool.parse(CommandLine.arguments.dropFirst()) else {
        complain("usage: embed-manifest-tool [--format swift|c] [--swiftc PATH] plugin.json OUTPUT")
        exit(2)
      }
      try tool.run()
    } catch {
      complain("\(error)")
      exit(1)
    }
  }

  private mutating func parse(_ arguments: ArraySlice<String>) -> Bool {
    var rest = arguments
    while let argument = rest.popFirst() {
      switch argument {
      case "--format":
        guard let format = rest.popFirst().flatMap(Emitter.init) else { return false }
        self.format = format
      case "--swiftc":
        guard let compiler = rest.popFirst() else { return false }
        self.compiler = compiler
      default: paths.append(argument)
      }
    }
    return paths.count == 2
  }

  private func run() throws {
    let input = paths[0]
    guard let data = FileManager.default.contents(atPath: input) else {
      throw ManifestError("error: \(input): cannot be read: put a plugin.json beside the sources")
    }
    do {
      let toolchain = format == .swift ? try Toolchain.version(of: compiler) : nil
      let manifest = try Manifest([UInt8](data), toolchain: toolchain)
      let source = format.source(manifest.text)
      try source.write(toFile: paths[1], atomically: true, encoding: .utf8)
    } catch let error as ManifestError {
      throw ManifestError("error: \(input): \(error.description)")
    }
  }

  private static func complain(_ message: String) {
    let line = Array("\(message)\n".utf8)
    unsafe line.withUnsafeBytes { unsafe _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
