// swift-tools-version: 6.2
import PackageDescription

// Where Dovetail's source is: the environment's DOVETAIL, or the checkout that this template lies in.
let dovetail = Context.environment["DOVETAIL"] ?? "../../.."

let package = Package(
  name: "my-plugin",
  products: [.library(name: "my-plugin", type: .dynamic, targets: ["MyPlugin"])],
  dependencies: [.package(name: "dovetail", path: dovetail)],
  targets: [
    .target(
      name: "MyPlugin",
      dependencies: [.product(name: "PluginSDK", package: "dovetail")],
      exclude: ["plugin.json"],
      // Export the entry point only, and bind the plugin's own symbols to itself.
      linkerSettings: [
        .unsafeFlags([
          "-Xlinker", "--version-script=\(Context.packageDirectory)/plugin.map",
          "-Xlinker", "-Bsymbolic",
        ])
      ],
      plugins: [.plugin(name: "EmbedManifest", package: "dovetail")])
  ]
)
