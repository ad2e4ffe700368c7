import PackagePlugin

/// Embeds the target's `plugin.json` in the section `dovetail_manifest` of its image.
///
/// The target lists `plugin.json` in `exclude` (it is no source) and this plugin in `plugins`.
@main struct EmbedManifest: BuildToolPlugin {
  /// One command: `plugin.json` in, `Manifest.swift` out, run again whenever `plugin.json` changes.
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let manifest = target.directoryURL.appending(path: "plugin.json")
    let output = context.pluginWorkDirectoryURL.appending(path: "Manifest.swift")
    let tool = try context.tool(named: "embed-manifest-tool")
    let compiler = try? context.tool(named: "swiftc").url.path
    let version = compiler.map { ["--swiftc", $0] } ?? []
    return [
      .buildCommand(
        displayName: "Embed \(target.name)/plugin.json", executable: tool.url,
        arguments: version + [manifest.path, output.path], inputFiles: [manifest],
        outputFiles: [output])
    ]
  }
}
