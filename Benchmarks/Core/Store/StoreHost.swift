import Glibc
import HostSupport
import PluginHost

/// A host with the plugin bench-store, which reads and writes metadata in loops; see Benchmarks/Plugins/store.c.
struct StoreHost {
  static let collection = "bench-store.records"
  let host: Host

  /// Starts a host.
  ///
  /// - Parameters:
  ///   - workspace: Where its plugins and its state are.
  ///   - provider: What keeps its records.
  ///   - isFresh: Whether the store begins empty.
  /// - Throws: What the host throws.
  init(
    _ workspace: Workspace, on provider: String = "memory", isFresh: Bool = true
  ) throws {
    var plugins = ["store"]
    if provider == "sqlite" { plugins.append("sqlite-store") }
    var configuration = HostConfiguration()
    configuration.plugins = try PluginFolder.of(plugins, as: "store-\(provider)", workspace)
    let state = "state-store-\(provider)"
    configuration.state =
      isFresh ? try workspace.fresh(state) : "\(workspace.path)/\(state)"
    configuration.journalFsync = false
    configuration.probation.seconds = 0
    configuration.metadata.provider = .init(rawValue: provider)
    host = try Host(configuration: configuration, log: LogWriter(level: .error))
    try host.start()
  }

  /// Whether there is a plugin that keeps records in SQLite.
  static func hasSQLite(_ workspace: Workspace) -> Bool {
    unsafe access("\(workspace.path)/sqlite-store.so", R_OK) == 0
  }

  /// Gives the plugin's collection indexes.
  func index(_ indexes: KeyValuePairs<String, String>) throws {
    let indexes = indexes.map { JSON.object([$0.key: .string($0.value)]) }
    _ = try host.metaPut(
      collection: "dovetail.collections", key: Self.collection,
      value: .object(["version": .int(1), "indexes": .array(indexes)]), version: nil)
  }

  /// Has the plugin work.
  ///
  /// - Returns: Nanoseconds.
  func run(_ what: String, _ count: Int, _ option: Int) throws -> Double {
    let reply = try host.call(
      service: "bench.store", payload: Payload(Array("\(what) \(count) \(option)".utf8)),
      deadline: .after(milliseconds: 600_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)) else {
      throw BenchmarkError(description: "bench.store \(what) did not answer with a number")
    }
    return nanoseconds
  }

  func end() throws { try host.shutDown(deadline: .after(milliseconds: 60_000)) }
}
