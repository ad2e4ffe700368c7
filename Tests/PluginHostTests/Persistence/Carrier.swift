import FoundationEssentials
import Glibc
import HostSupport
import MetadataStore
import TestSupport
import Testing

@testable import PluginHost

/// A provider that a host's store can be on.
enum Carrier: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// The kernel's.
  case file
  /// An outsider's in C, of the zoo.
  case keeper
  /// The plugin of `Plugins/Native`.
  case sqlite

  var testDescription: String { rawValue }

  /// Those that were built.
  static let available = allCases.filter { $0.file.map(ProviderPlugin.available.contains) ?? true }

  /// What brings it; `nil` for the kernel's own.
  private var file: ProviderPlugin? { ProviderPlugin(rawValue: rawValue) }

  /// Id of the plugin that brings it; `nil` for the kernel's own.
  var plugin: String? { file?.id }

  /// Another provider than this one.
  var other: Carrier { self == .keeper ? .file : .keeper }

  /// Puts what it needs into a plugin folder; the flags say how the zoo's creature misbehaves.
  func place(in folder: String, _ flags: [String] = []) throws {
    try file?.place(in: folder, flags)
  }
}

/// How a host keeps its records: with a provider, at once or by snapshots of a store in memory.
struct Keeping: Sendable, CustomTestStringConvertible {
  let carrier: Carrier
  let isInMemory: Bool

  var testDescription: String { isInMemory ? "memory, saved to \(carrier)" : carrier.rawValue }

  static let available = Carrier.available.flatMap { carrier in
    [false, true].map { Keeping(carrier: carrier, isInMemory: $0) }
  }

  func configure(_ configuration: inout HostConfiguration) {
    guard isInMemory else { return }
    configuration.metadata.provider = .memory
    configuration.metadata.snapshots.provider = .init(rawValue: carrier.rawValue)
    configuration.metadata.snapshots.seconds = 3_600
  }
}

/// Folders that outlive a host, for one host after the other.
struct CarrierSite {
  let directory = TemporaryDirectory()

  init(_ carriers: Carrier..., flags: [String] = []) throws {
    try FileManager.default.createDirectory(
      atPath: directory.file("plugins"), withIntermediateDirectories: true)
    for carrier in carriers { try carrier.place(in: directory.file("plugins"), flags) }
  }

  /// Runs a host on the folders and ends it.
  @discardableResult
  func run<Result>(_ keeping: Keeping, _ body: (HostFixture) throws -> Result) throws -> Result {
    try run(keeping.carrier, configure: keeping.configure, body)
  }

  /// Runs a host on the folders and ends it.
  @discardableResult
  func run<Result>(
    _ carrier: Carrier, _ plugins: [ProbePlugin] = [],
    configure: (inout HostConfiguration) -> Void = { _ in },
    _ body: (HostFixture) throws -> Result
  ) throws -> Result {
    let fixture = try HostFixture(start: false) { configuration in
      configuration.plugins = directory.file("plugins")
      configuration.state = directory.file("state")
      configuration.metadata.provider = .init(rawValue: carrier.rawValue)
      configure(&configuration)
    }
    for plugin in plugins {
      let built = try fixture.put(plugin)
      unsafe #expect(rename(built, directory.file("plugins/\(plugin.id).so")) == 0)
    }
    try fixture.host.start()
    let result = try body(fixture)
    try fixture.end()
    return result
  }
}

extension HostFixture {
  /// The store.
  var store: MetadataStore {
    get throws { try host.core.metadata }
  }

  /// The provider that the store is on.
  func provider() throws -> any PersistenceProvider { try #require(host.core.seat.provider) }

  /// Moves the store to another provider and waits until that is over.
  func move(to provider: String) throws -> [SwitchProgress] {
    let moments = Monitor<[SwitchProgress]>([])
    _ = try host.metaSwitch(provider: provider) { moment in moments.update { $0.append(moment) } }
    _ = moments.wait(until: .soon) { $0.last?.isOver == true ? true : nil }
    return moments.withLock { $0 }
  }

  /// Writes one record and returns its receipt.
  @discardableResult
  func put(
    _ key: String, _ value: MetadataValue, in collection: String = "c",
    _ durability: Durability = .disk
  ) throws -> WriteReceipt {
    try store.put(
      MetadataWrite(collection: collection, key: key, value: value, durability: durability))
  }
}

/// Whole files.
enum Bytes {
  static func of(_ path: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(filePath: path)))
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }
}
