import ControlPlane
import HostSupport
import MetadataStore
import PluginHost
import Glibc

/// A host with two plugins, one record and a memory of what it was asked.
final class FakeHost: HostRunner {
  struct State {
    var calls: [String] = []
    var taps: [Int: @Sendable (EventReport) -> Void] = [:]
    var watches: [Int: @Sendable (RecordReport) -> Void] = [:]
    var next = 0
    var onStop: (@Sendable () -> Void)?
    var isShutDown = false
    var losses: [Loss: Int] = [:]
  }

  let state = Monitor(State())
  /// Held shut by a test that wants a request to be still running.
  let gate = Monitor(true)
  let startError: OperationError?
  let shutDownError: OperationError?
  let hangsAtShutDown: Bool

  init(
    startError: OperationError? = nil, shutDownError: OperationError? = nil,
    hangsAtShutDown: Bool = false
  ) {
    self.startError = startError
    self.shutDownError = shutDownError
    self.hangsAtShutDown = hangsAtShutDown
    do { store = try MetadataStore() } catch { fatalError("\(error)") }
  }

  func metadataDesk() -> MetadataDesk {
    MetadataDesk(store, pins: pins, provider: "memory", pluginPins: ["reader": 2])
  }

  /// A real one in memory, with the definitions and records that a test puts there.
  let store: MetadataStore
  let pins = OperatorPins()

  let shutdownMilliseconds = 30_000
  let name = "test"
  let controlSocket = "/unused"
  var calls: [String] { state.withLock { $0.calls } }
  var tapCount: Int { state.withLock { $0.taps.count } }

  /// What the socket told of losses.
  var losses: [Loss: Int] { state.withLock { $0.losses } }

  func note(_ loss: Loss, count: Int) { state.update { $0.losses[loss, default: 0] += count } }

  func note(_ call: String) { state.update { $0.calls.append(call) } }

  /// Shows an event to every tap.
  func emit(_ event: EventReport) {
    for tap in state.withLock({ Array($0.taps.values) }) { tap(event) }
  }

  /// Shows a change to every watch.
  func emit(_ record: RecordReport) {
    for watch in state.withLock({ Array($0.watches.values) }) { watch(record) }
  }

  static var hello: PluginReport {
    var plugin = PluginReport(
      id: "hello", version: "1.2.0", state: "active", path: "/p/libhello.so")
    plugin.generation = 3
    plugin.uptimeSeconds = 3_725
    plugin.delivered = 42
    return plugin
  }

  static var broken: PluginReport {
    var plugin = PluginReport(
      id: "broken", version: "0.1.0", state: "failed", path: "/p/libbroken.so")
    plugin.detail = "init: no such file"
    plugin.failed = 1
    return plugin
  }

  static func missing(_ id: String) -> OperationError {
    OperationError(
      .notFound, plugin: id, "there is no plugin \"\(id)\"", advice: "see `dovetail list`")
  }

  func start() throws(OperationError) {
    note("start")
    if let startError { throw startError }
  }
  func reloadConfiguration() throws(OperationError) { note("reloadConfiguration") }
  func shutDown(deadline: Deadline) throws(OperationError) {
    note("shutDown")
    state.update { $0.isShutDown = true }
    while hangsAtShutDown { pause() }
    if let shutDownError { throw shutDownError }
  }
  func onStopRequest(_ body: @escaping @Sendable () -> Void) { state.update { $0.onStop = body } }
}

/// Its one circuit breaker.
extension FakeHost {
  static var breaker: BreakerReport {
    BreakerReport(
      name: "hello.greet", service: "hello.greet", provider: "hello", caller: nil, label: nil,
      state: "open", since: "2026-11-22T00:00:00.000Z",
      reason: "6 of the last 10 calls failed (60 %; it opens at 50 %)",
      probesInMilliseconds: 4_200, window: .init(calls: 0, failed: 0, slow: 0),
      consecutiveFailures: 0,
      calls: .init(succeeded: 4, failed: 6, slow: 0, ignored: 0, rejected: 12, fallenBack: 3),
      transitions: .init(opened: 1, halfOpened: 0, closed: 0),
      policy: .init(
        windowCalls: 100, windowMilliseconds: nil, minimumCalls: 10, failureRate: 50,
        consecutiveFailures: nil, slowCallMilliseconds: nil, slowCallRate: nil,
        openMilliseconds: 5_000, openMaximumMilliseconds: 60_000, permittedCallsInHalfOpen: 3))
  }

  func breakers(_ choice: BreakerChoice) throws(OperationError) -> [BreakerReport] {
    note("breakers \(choice)")
    if case .name(let name) = choice, name != Self.breaker.name {
      throw OperationError(.notFound, "there is no circuit breaker '\(name)'")
    }
    return [Self.breaker]
  }

  func change(
    breakers choice: BreakerChoice, _ operation: BreakerOperation
  ) throws(OperationError) -> [BreakerReport] {
    note("\(operation) \(choice)")
    return try breakers(choice)
  }
}
