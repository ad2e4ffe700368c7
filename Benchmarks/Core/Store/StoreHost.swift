import HostSupport
import PluginHost

/// A host with the plugin bench-store, which reads and writes metadata in loops; see Benchmarks/Plugins/store.c.
struct StoreHost {
  static let collection = "bench-store.records"
  let host: Host

  /// Starts a host whose store is in memory.
  init(_ workspace: Workspace) throws {
    let plugins = try PluginFolder.of(["store"], as: "store", workspace)
    host = try HostChild.make(
      plugins: plugins, state: try workspace.fresh("state-store"), log: LogWriter(level: .error))
    try host.start()
  }

  /// Gives the plugin's collection indexes.
  func index(_ fields: [String]) throws {
    let indexes = fields.map { JSON.object(["field": .string($0)]) }
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
      deadline: .after(milliseconds: 300_000))
    guard let nanoseconds = Double(String(decoding: reply.bytes, as: UTF8.self)) else {
      throw BenchmarkError(description: "bench.store \(what) did not answer with a number")
    }
    return nanoseconds
  }

  func end() throws { try host.shutDown(deadline: .after(milliseconds: 10_000)) }
}
