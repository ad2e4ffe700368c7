// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A plugin exports its entry point only and binds its own symbols to itself.
let pluginLinking: [LinkerSetting] = [
  .unsafeFlags([
    "-Xlinker", "--version-script=\(Context.packageDirectory)/PluginSDK/plugin.map",
    "-Xlinker", "-Bsymbolic",
  ])
]

let package = Package(
  name: "dovetail",
  products: [
    .executable(name: "dovetail", targets: ["dovetail"]),
    .executable(name: "dovetail-worker", targets: ["dovetail-worker"]),
    .library(name: "PluginHost", targets: ["PluginHost", "HostSupport"]),
    .library(name: "PluginSDK", targets: ["PluginSDK", "CDovetail"]),
    .library(name: "HostEventTypes", targets: ["HostEventTypes"]),
    .library(name: "PluginValidation", targets: ["PluginValidation"]),
    .library(name: "PluginResilience", targets: ["PluginResilience"]),
    .library(name: "TypedRecords", targets: ["TypedRecords"]),
    .library(name: "PluginPersistence", targets: ["PluginPersistence"]),
    .library(name: "PluginTestKit", targets: ["PluginTestKit"]),
    .plugin(name: "EmbedManifest", targets: ["EmbedManifest"]),
    .library(name: "log-source", type: .dynamic, targets: ["LogSourcePlugin"]),
    .library(name: "analytics-v1", type: .dynamic, targets: ["AnalyticsV1"]),
    .library(name: "analytics-v2", type: .dynamic, targets: ["AnalyticsV2"]),
    .library(name: "analytics-v3", type: .dynamic, targets: ["AnalyticsV3"]),
    .library(name: "record-keeper", type: .dynamic, targets: ["RecordKeeperPlugin"]),
    .library(name: "bench-swift-publisher", type: .dynamic, targets: ["BenchPublisherPlugin"]),
    .library(name: "bench-swift-subscriber", type: .dynamic, targets: ["BenchSubscriberPlugin"]),
  ],
  targets: [
    // The ABI and the author's side. Knows nothing of the host.
    .target(name: "CDovetail", path: "PluginSDK/CDovetail"),
    .target(
      name: "PluginSDK", dependencies: ["CDovetail"], path: "PluginSDK/PluginSDK",
      swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    // Beside the SDK: what a plugin does not use, each of its retired generations would hold.
    .target(
      name: "HostEventTypes", dependencies: ["PluginSDK"], path: "PluginSDK/HostEventTypes"),
    .target(
      name: "PluginValidation", dependencies: ["PluginSDK", "CDovetail"],
      path: "PluginSDK/PluginValidation"),
    .target(
      name: "PluginResilience", dependencies: ["PluginSDK", "CDovetail"],
      path: "PluginSDK/PluginResilience"),
    .target(name: "TypedRecords", dependencies: ["PluginSDK"], path: "PluginSDK/TypedRecords"),
    .target(
      name: "PluginPersistence", dependencies: ["PluginSDK", "CDovetail"],
      path: "PluginSDK/PluginPersistence"),
    .target(
      name: "PluginTestKit",
      dependencies: ["PluginSDK", "CDovetail", "HostSupport", "MetadataStore"],
      path: "PluginSDK/PluginTestKit"),
    .executableTarget(name: "embed-manifest-tool", path: "PluginSDK/embed-manifest-tool"),
    .plugin(
      name: "EmbedManifest", capability: .buildTool(), dependencies: ["embed-manifest-tool"],
      path: "PluginSDK/EmbedManifest"),

    // Plugins: the code of each is a module that tests link; a second one adds the entry point and the manifest.
    .target(name: "LogSource", dependencies: ["PluginSDK"], path: "Plugins/LogSource/Sources"),
    .target(
      name: "LogSourcePlugin", dependencies: ["LogSource", "PluginSDK", "CDovetail"],
      path: "Plugins/LogSource", exclude: ["plugin.json", "README.md", "Sources"],
      sources: ["Entry.swift"], linkerSettings: pluginLinking, plugins: ["EmbedManifest"]),
    .target(name: "Analytics", dependencies: ["PluginSDK"], path: "Plugins/Analytics/Sources"),
    .target(
      name: "AnalyticsV1", dependencies: ["Analytics", "PluginSDK", "CDovetail"],
      path: "Plugins/Analytics/V1", exclude: ["plugin.json"], linkerSettings: pluginLinking,
      plugins: ["EmbedManifest"]),
    .target(
      name: "AnalyticsV2", dependencies: ["Analytics", "PluginSDK", "CDovetail"],
      path: "Plugins/Analytics/V2", exclude: ["plugin.json"], linkerSettings: pluginLinking,
      plugins: ["EmbedManifest"]),
    .target(
      name: "AnalyticsV3", dependencies: ["Analytics", "PluginSDK", "CDovetail"],
      path: "Plugins/Analytics/V3", exclude: ["plugin.json"], linkerSettings: pluginLinking,
      plugins: ["EmbedManifest"]),
    .target(
      name: "RecordKeeper", dependencies: ["PluginSDK"], path: "Plugins/RecordKeeper/Sources"),
    .target(
      name: "RecordKeeperPlugin", dependencies: ["RecordKeeper", "PluginSDK", "CDovetail"],
      path: "Plugins/RecordKeeper", exclude: ["plugin.json", "README.md", "Sources"],
      sources: ["Entry.swift"], linkerSettings: pluginLinking, plugins: ["EmbedManifest"]),

    .executableTarget(
      name: "dovetail-demo", dependencies: ["ControlPlane", "PluginHost", "HostSupport"],
      path: "Plugins/Demo", exclude: ["README.md"]),

    // The host, from the machine up to the command line.
    .target(name: "CHostSupport"),
    .target(name: "HostSupport", dependencies: ["CHostSupport"]),
    // What a host and its workers say to each other, the host's end of it, and the worker.
    .target(name: "CIsolation", dependencies: ["CDovetail"]),
    .target(name: "CWorkerLink", dependencies: ["CIsolation", "CDovetail", "CHostSupport"]),
    // Nothing of Swift or C++ is linked into it: a plugin brings the runtime that it needs.
    .executableTarget(
      name: "dovetail-worker", dependencies: ["CIsolation", "CSandbox", "CDovetail"],
      exclude: ["link.cfg"],
      linkerSettings: [
        .unsafeFlags([
          "-nostartfiles", "-static-stdlib",
          "-Xclang-linker", "--config=\(Context.packageDirectory)/Sources/dovetail-worker/link.cfg",
        ])
      ]),
    .target(name: "EventBus", dependencies: ["HostSupport", "CHostSupport"]),
    .target(
      name: "MetadataStore", dependencies: ["HostSupport", "CHostSupport"],
      exclude: ["Query/QUERY.md"]),
    .target(name: "EventStore", dependencies: ["HostSupport"], exclude: ["FORMAT.md"]),
    .target(name: "CBridge", dependencies: ["CDovetail", "CHostSupport"]),
    // What a worker process gives up; knows nothing of the host.
    .target(name: "CSandbox"),
    .target(
      name: "PluginHost",
      dependencies: [
        "EventBus", "EventStore", "MetadataStore", "HostSupport", "CHostSupport", "CDovetail",
        "CBridge", "CIsolation", "CWorkerLink",
      ],
      exclude: [
        "Discovery/TRUST.md", "Isolation/ISOLATION.md", "Supervision/CRASHES.md",
        "Supervision/JOURNAL.md", "Supervision/LOSSES.md", "Supervision/SUPERVISION.md",
      ]),
    .target(
      name: "ControlPlane", dependencies: ["PluginHost", "HostSupport", "CHostSupport"],
      exclude: ["PROTOCOL.md"]),
    .executableTarget(
      name: "dovetail", dependencies: ["ControlPlane", "PluginHost", "HostSupport"],
      exclude: ["systemd"]),

    // Benchmarks.
    .target(name: "BenchmarkKit", dependencies: ["HostSupport"], path: "Benchmarks/BenchmarkKit"),
    .target(
      name: "CBenchmark", dependencies: ["CHostSupport"], path: "Benchmarks/CBenchmark"),
    .executableTarget(name: "bench-empty", path: "Benchmarks/Empty"),
    .executableTarget(
      name: "bench-core",
      dependencies: [
        "BenchmarkKit", "CBenchmark", "PluginHost", "MetadataStore", "HostSupport", "CHostSupport",
      ],
      path: "Benchmarks/Core"),
    .target(
      name: "BenchPublisherPlugin", dependencies: ["PluginSDK", "CDovetail"],
      path: "Benchmarks/SwiftPlugins/Publisher", exclude: ["plugin.json"],
      linkerSettings: pluginLinking, plugins: ["EmbedManifest"]),
    .target(
      name: "BenchSubscriberPlugin", dependencies: ["PluginSDK", "CDovetail"],
      path: "Benchmarks/SwiftPlugins/Subscriber", exclude: ["plugin.json"],
      linkerSettings: pluginLinking, plugins: ["EmbedManifest"]),
    .executableTarget(
      name: "bench-reload", dependencies: ["BenchmarkKit", "PluginHost", "HostSupport"],
      path: "Benchmarks/Reload", exclude: ["Fixtures"]),

    // Tests.
    .target(name: "TestSupport", dependencies: ["HostSupport"], path: "Tests/TestSupport"),
    .testTarget(name: "HostSupportTests", dependencies: ["HostSupport", "TestSupport"]),
    .testTarget(
      name: "EventBusTests",
      dependencies: ["EventBus", "HostSupport", "CHostSupport", "TestSupport", "stress-bus"]),
    .testTarget(
      name: "EventStoreTests", dependencies: ["EventStore", "HostSupport", "TestSupport"]),
    .executableTarget(
      name: "stress-bus", dependencies: ["EventBus", "HostSupport", "CHostSupport"],
      path: "Tests/Stress/Bus"),
    .executableTarget(
      name: "metadata-crash-writer", dependencies: ["PluginHost", "MetadataStore", "HostSupport"],
      path: "Tests/Helpers/metadata-crash-writer"),
    .testTarget(
      name: "MetadataStoreTests",
      dependencies: [
        "MetadataStore", "PluginHost", "EventBus", "HostSupport", "CDovetail", "TestSupport",
        "metadata-crash-writer",
      ]),
    .testTarget(
      name: "PluginHostTests",
      dependencies: [
        "PluginHost", "PluginSDK", "HostEventTypes", "CHostSupport", "CDovetail", "TestSupport",
      ]),
    .executableTarget(
      name: "sandbox-probe", dependencies: ["CSandbox"], path: "Tests/Helpers/sandbox-probe"),
    .testTarget(
      name: "SandboxTests",
      dependencies: ["PluginHost", "HostSupport", "TestSupport", "sandbox-probe"]),
    .target(
      name: "CSpecimen", dependencies: ["CIsolation", "CDovetail"],
      path: "Tests/Helpers/CSpecimen"),
    .executableTarget(
      name: "isolation-check", dependencies: ["CSpecimen", "CIsolation", "CDovetail"],
      path: "Tests/Helpers/isolation-check"),
    .executableTarget(
      name: "hostile-worker", dependencies: ["CSpecimen", "CIsolation", "CDovetail"],
      path: "Tests/Stress/HostileWorker"),
    .executableTarget(
      name: "stress-isolation", dependencies: ["HostSupport", "TestSupport"],
      path: "Tests/Stress/Isolation", exclude: ["Fixtures"]),
    .testTarget(
      name: "IsolationTests",
      dependencies: [
        "HostSupport", "TestSupport", "isolation-check", "stress-isolation", "hostile-worker",
        "dovetail", "dovetail-worker",
      ]),
    .testTarget(
      name: "ControlPlaneTests",
      dependencies: [
        "ControlPlane", "PluginHost", "MetadataStore", "HostSupport", "TestSupport", "dovetail",
      ]),
    .executableTarget(
      name: "embedding-example", dependencies: ["PluginHost", "HostSupport"],
      path: "Tests/Examples/Embedding"),
    .testTarget(name: "ExampleTests", dependencies: ["TestSupport", "embedding-example"]),
    .testTarget(
      name: "PluginSDKTests",
      dependencies: [
        "PluginSDK", "HostEventTypes", "PluginPersistence", "PluginResilience", "PluginValidation",
        "TypedRecords", "PluginTestKit", "CDovetail", "TestSupport", "embed-manifest-tool",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ZooTests", dependencies: ["HostSupport", "TestSupport", "dovetail"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "PluginTests",
      dependencies: [
        "LogSource", "Analytics", "RecordKeeper", "PluginSDK", "PluginTestKit", "TestSupport",
      ]),
  ]
)

for target in package.targets where ![.plugin, .system].contains(target.type) {
  target.swiftSettings = (target.swiftSettings ?? []) + strict
}
