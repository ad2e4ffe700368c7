import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct LifecycleTests {
  /// Notes each call; `faults` names the methods that fail.
  final class Recorder: Plugin {
    static let calls = Mutex<[String: [String]]>([:])
    private let context: PluginContext
    private let fault: String

    init(context: PluginContext) throws {
      self.context = context
      fault = try context.string("/fault")
      try note("init")
    }

    func note(_ call: String) throws {
      Recorder.calls.withLock { $0[context.pluginID, default: []].append(call) }
      if call == fault { throw OwnError(description: "\(call) is broken") }
    }

    func start() throws { try note("start") }
    func ready() throws { try note("ready") }
    func quiesce() throws { try note("quiesce") }
    func resume() throws { try note("resume") }
    func saveState() throws -> [UInt8] {
      try note("saveState")
      return [1, 2, 3]
    }
    func restoreState(_ state: SavedState) throws {
      try note("restoreState \(state.schema) \(state.version) \(state.data)")
      try note("restoreState")
    }
    func health() throws { try note("health") }
    func prepareToStop() throws { try note("prepareToStop") }
    func stop() throws { try note("stop") }

    static func made(by id: String) -> [String] { calls.withLock { $0[id] ?? [] } }
  }

  private func host(fault: String = "") throws -> TestHost {
    try TestHost(settings: #"{"fault": "\#(fault)"}"#)
  }

  @Test func `A plugin's methods are called in the order of its life`() throws {
    let plugin = try host().run(Recorder.self, id: "order")
    try plugin.health()
    try plugin.quiesce()
    try plugin.resume()
    try plugin.stop()
    #expect(
      Recorder.made(by: "order") == [
        "init", "start", "ready", "health", "quiesce", "resume", "prepareToStop", "stop",
      ])
  }

  @Test func `A reload hands the state over before the new build is ready`() throws {
    let host = try host()
    let old = try host.run(Recorder.self, id: "handover")
    let new = try host.reload(old, as: Recorder.self, schema: "numbers", version: 3)
    #expect(new.generation == 2)
    #expect(
      Recorder.made(by: "handover") == [
        "init", "start", "ready", "quiesce", "saveState", "init", "start",
        "restoreState numbers 3 [1, 2, 3]", "restoreState", "ready", "prepareToStop", "stop",
      ])
  }

  @Test func `A reload that fails lets the old build go on`() throws {
    let host = try host(fault: "restoreState")
    let old = try host.run(Recorder.self, id: "rollback")
    let error = #expect(throws: PluginError.self) {
      try host.reload(old, as: Recorder.self)
    }
    #expect(error?.message == "restoreState is broken")
    #expect(Recorder.made(by: "rollback").last == "resume")
  }

  @Test(arguments: ["init", "start", "ready"])
  func `What a method throws goes to the host as a message`(fault: String) throws {
    let host = try host(fault: fault)
    let error = #expect(throws: PluginError.self) {
      try host.run(Recorder.self, id: "broken-\(fault)")
    }
    #expect(error == PluginError(.failed, "\(fault) is broken"))
    #expect(Recorder.made(by: "broken-\(fault)").contains("stop") == (fault == "ready"))
  }

  @Test(arguments: ["quiesce", "resume", "health", "saveState", "prepareToStop", "stop"])
  func `A later failure is reported by the call that failed`(fault: String) throws {
    let plugin = try host(fault: fault).run(Recorder.self, id: "late-\(fault)")
    let error = #expect(throws: PluginError.self) {
      switch fault {
      case "quiesce": try plugin.quiesce()
      case "resume": try plugin.resume()
      case "health": try plugin.health()
      case "saveState": _ = try plugin.saveState()
      default: try plugin.stop()
      }
    }
    #expect(error == PluginError(.failed, "\(fault) is broken"))
  }

  @Test func `A struct that implements nothing is a plugin`() throws {
    struct Idle: Plugin {
      init(context: PluginContext) {}
    }
    let plugin = try TestHost().run(Idle.self)
    try plugin.health()
    try plugin.quiesce()
    #expect(try plugin.saveState() == [])
    try plugin.resume()
    #expect(plugin.metrics() == [:])
    try plugin.stop()
  }

  @Test func `Closures are released when the plugin has stopped`() throws {
    final class Token: Sendable {}
    struct Holder: Plugin {
      static let kept = Mutex<Token?>(nil)
      let context: PluginContext
      init(context: PluginContext) { self.context = context }
      func start() throws {
        guard let token = Holder.kept.withLock({ $0 }) else { return }
        try context.subscribe("a.b") { _ in withExtendedLifetime((token, context)) {} }
        try context.every(milliseconds: 5) { withExtendedLifetime(token) {} }
        try context.provide("holder.x") { _ in withExtendedLifetime(token) { [] } }
      }
    }
    weak var weakly: Token?
    let host = try TestHost()
    var token: Token? = Token()
    weakly = token
    Holder.kept.withLock { $0 = token }
    let plugin = try host.run(Holder.self)
    token = nil
    Holder.kept.withLock { $0 = nil }
    #expect(weakly != nil)
    try plugin.stop()
    #expect(weakly == nil)
  }
}
