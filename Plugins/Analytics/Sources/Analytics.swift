import FoundationEssentials
package import PluginSDK
import Synchronization

/// Counts the lines of log-source: by action, by package, a second, and (from 2.0.0) by hour.
///
/// Its subscription is a bounded queue that makes the publisher wait, and its counts travel from build to build, so the sequence
/// numbers prove that a reload lost nothing and delivered nothing twice.
package final class Analytics<Build: Edition>: Plugin {
  private struct Settings: Decodable {
    var top: Int?
    var summaryInterval: Int?
    var queue: Int?
  }

  private struct Request: Decodable {
    var top: Int?
  }

  private struct State {
    var tally = Tally()
    /// Events that the last summary had.
    var summarized: UInt64 = 0
  }

  private let context: PluginContext
  private let settings: Settings
  private let state: Mutex<State>

  package init(context: PluginContext) throws {
    self.context = context
    settings = try context.settings(as: Settings.self)
    var state = State()
    if Build.countsHours { state.tally.addHours() }
    self.state = Mutex(state)
  }

  package func start() throws {
    try Build.checkMachine()
    let delivery = SubscriptionOptions.Delivery.async(
      capacity: settings.queue ?? 1_024, overflow: .block(milliseconds: 30_000))
    try context.subscribe(
      "log-source.line", SubscriptionOptions(name: "lines", delivery: delivery)
    ) { [self] in try count($0) }
    try context.provide("analytics.report") { [self] in try report($0) }
    let summary = try context.publisher(EventType<Report>("analytics.summary"))
    try context.every(milliseconds: settings.summaryInterval ?? 250, name: "summary") { [self] in
      try publishSummary(summary)
    }
  }

  package func saveState() throws -> [UInt8] {
    [UInt8](try JSONEncoder().encode(state.withLock { $0.tally }))
  }

  package func restoreState(_ saved: SavedState) throws {
    guard (1...Build.stateVersion).contains(saved.version) else {
      throw PluginError(
        .invalid,
        "analytics \(Build.version) reads state versions 1 to \(Build.stateVersion), not \(saved.version)"
      )
    }
    var tally = try JSONDecoder().decode(Tally.self, from: Data(saved.data))
    if Build.countsHours { tally.addHours() }
    let restored = tally
    state.withLock { $0.tally = restored }
    context.log.info(
      "analytics \(Build.version) goes on with \(restored.lines) lines of state version \(saved.version)"
    )
  }

  package func metrics() -> [Metric] {
    let tally = state.withLock { $0.tally }
    return [
      .counter("lines_total", Double(tally.lines)),
      .counter("lost_total", Double(tally.sequence.lost)),
      .counter("duplicated_total", Double(tally.sequence.duplicated)),
      .gauge("packages", Double(tally.packages.count)),
    ]
  }

  /// The queue hands over one event at a time.
  private func count(_ event: Event) throws {
    let line: Observation
    do {
      line = try JSONDecoder().decode(Observation.self, from: Data(event.data))
    } catch {
      // Counted as a line without a form, or the sequence would seem to have a gap.
      context.log.warning("event \(event.sequence) of \(event.type) is not a line: \(error)")
      line = Observation()
    }
    let now = Date().timeIntervalSince1970
    state.withLock { $0.tally.count(line, sequence: event.sequence, now: now) }
  }

  private func report(_ request: ServiceRequest) throws -> [UInt8] {
    let wanted =
      request.data.isEmpty
      ? nil : try JSONDecoder().decode(Request.self, from: Data(request.data)).top
    let top = wanted ?? settings.top ?? 10
    guard (0...1_000).contains(top) else {
      throw PluginError(.invalid, "\"top\" is \(top): ask for 0 to 1000 names")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(makeReport(state.withLock { $0.tally }, top)))
  }

  private func publishSummary(_ summary: Publisher<Report>) throws {
    let tally = state.withLock { $0.tally }
    guard tally.sequence.last != state.withLock({ $0.summarized }) else { return }
    try summary.publish(makeReport(tally, settings.top ?? 10))
    state.withLock { $0.summarized = tally.sequence.last }
  }

  private func makeReport(_ tally: Tally, _ top: Int) -> Report {
    Report(tally, version: Build.version, generation: context.generation, top: top)
  }
}
