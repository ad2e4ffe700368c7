import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct TaskTests {
  /// Starts one endless task, and one that fails.
  final class Worker: Plugin {
    static let log = Mutex<[String: [String]]>([:])
    private let context: PluginContext

    init(context: PluginContext) { self.context = context }

    func start() {
      let context = self.context
      context.task {
        note(context.pluginID, "begun")
        while !Task.isCancelled { await Task.yield() }
        note(context.pluginID, "cancelled")
      }
      context.task { throw OwnError(description: "no luck") }
    }

    func stop() { note(context.pluginID, "stopped") }
  }

  static func note(_ id: String, _ what: String) {
    Worker.log.withLock { $0[id, default: []].append(what) }
  }

  @Test(.timeLimit(.minutes(1))) func `Tasks are cancelled and awaited before stop`() async throws {
    let host = try TestHost()
    let plugin = try host.run(Worker.self, id: "stop")
    while Worker.log.withLock({ $0["stop"] == nil }) { await Task.yield() }
    while host.log.isEmpty { await Task.yield() }
    #expect(host.log.map(\.message) == ["a task failed: no luck"])
    try plugin.stop()
    #expect(Worker.log.withLock { $0["stop"] } == ["begun", "cancelled", "stopped"])
  }

  @Test(.timeLimit(.minutes(1))) func `Tasks rest between quiesce and resume`() async throws {
    struct Ticker: Plugin {
      static let ticks = Atomic<Int>(0)
      let context: PluginContext
      init(context: PluginContext) { self.context = context }
      func start() {
        context.task {
          while !Task.isCancelled {
            Ticker.ticks.add(1, ordering: .relaxed)
            await Task.yield()
          }
        }
      }
    }
    func ticks() -> Int { Ticker.ticks.load(ordering: .relaxed) }
    let plugin = try TestHost().run(Ticker.self)
    while ticks() < 10 { await Task.yield() }
    try plugin.quiesce()
    let before = ticks()
    for _ in 0..<1_000 { await Task.yield() }
    #expect(ticks() == before)
    try plugin.resume()
    while ticks() < before + 10 { await Task.yield() }
    try plugin.stop()
    let after = ticks()
    for _ in 0..<1_000 { await Task.yield() }
    #expect(ticks() == after)
  }
}

private func note(_ id: String, _ what: String) { TaskTests.note(id, what) }
