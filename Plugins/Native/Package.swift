// swift-tools-version: 6.2
import PackageDescription

// Plugins that need a library of the system's: each -dev package is named in ../../.ci/needs. They are a package of their own, so
// that the one above builds with the toolchain alone.

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let root = "\(Context.packageDirectory)/../.."

/// A plugin exports its entry point only and binds its own symbols to itself.
let pluginLinking: [LinkerSetting] = [
  .unsafeFlags([
    "-Xlinker", "--version-script=\(root)/PluginSDK/plugin.map", "-Xlinker", "-Bsymbolic",
  ])
]

let package = Package(
  name: "native-plugins",
  products: [
    .library(name: "sqlite-store", type: .dynamic, targets: ["SQLiteStorePlugin"])
  ],
  dependencies: [.package(name: "dovetail", path: "../..")],
  targets: [
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "SQLiteStore",
      dependencies: [
        "CSQLite", .product(name: "PluginSDK", package: "dovetail"),
        .product(name: "PluginPersistence", package: "dovetail"),
      ],
      path: "sqlite-store/Sources"),
    .target(
      name: "SQLiteStorePlugin",
      dependencies: ["SQLiteStore", .product(name: "PluginSDK", package: "dovetail")],
      path: "sqlite-store", exclude: ["plugin.json", "README.md", "Sources"],
      sources: ["Entry.swift"], linkerSettings: pluginLinking,
      plugins: [.plugin(name: "EmbedManifest", package: "dovetail")]),
  ]
)

for target in package.targets where target.type != .system {
  target.swiftSettings = (target.swiftSettings ?? []) + strict
}
