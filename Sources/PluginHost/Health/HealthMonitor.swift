import CDovetail
import EventBus
import HostSupport
import Synchronization

/// Asks plugins, again and again and side by side, how they are; remembers what they said, and has the host act on it.
///
/// Threading: a thread of its own looks which checks are due; `HealthProbes` call plugins; any thread may ask. No lock is held
/// while plugin code runs.
final class HealthMonitor: Sendable {
  private struct State {
    var records: [String: HealthRecord] = [:]
    /// Checks that have not ended, by number; also of generations that serve no more.
    var running: [UInt64: Check] = [:]
    var checks: UInt64 = 0
    var standing: HostStanding?
    var isStopping = false

    /// Notes the checks that take too long.
    ///
    /// - Parameters:
    ///   - now: On the monotonic clock.
    ///   - configuration: Says how long each may take.
    ///   - soonest: Becomes no later than the end of the next one's time.
    /// - Returns: The generations that are being checked.
    mutating func hang(
      at now: UInt64, _ configuration: HostConfiguration, _ soonest: inout UInt64
    ) -> [Generation] {
      var late: [Generation] = []
      for (number, check) in running where !check.isHung {
        let deadline = configuration.health(of: check.generation.id).deadline
        let end = (check.began ?? now) &+ UInt64(deadline) &* 1_000_000
        guard end <= now else {
          soonest = min(soonest, end)
          continue
        }
        running[number]?.isHung = true
        late.append(check.generation)
      }
      return late
    }

    /// Follows a plugin, and takes it up when it is due.
    ///
    /// - Parameters:
    ///   - plugin: Whatever its state.
    ///   - interval: Milliseconds from one check to the next, 0 for none.
    ///   - now: On the monotonic clock.
    ///   - time: In nanoseconds since 1970.
    ///   - soonest: Becomes no later than its next check.
    /// - Returns: The generation that is to be checked.
    mutating func take(
      _ plugin: ManagedPlugin, every interval: Int, at now: UInt64, _ time: Int64,
      _ soonest: inout UInt64
    ) -> Generation? {
      guard plugin.isActive, let generation = plugin.current else {
        records[plugin.id]?.set(.unknown("it is \(plugin.state.name)"), at: time)
        return nil
      }
      var record = records[plugin.id] ?? HealthRecord(generation: generation.number)
      record.follow(generation.number, at: time)
      defer { records[plugin.id] = record }
      guard record.running == nil, interval > 0 else { return nil }
      let isDue = record.due <= now
      if isDue { record.due = now &+ UInt64(interval) &* 1_000_000 }
      soonest = min(soonest, record.due)
      return isDue ? generation : nil
    }
  }

  private struct Check {
    let generation: Generation
    /// When its thread began, on the monotonic clock; `nil` while it waits for one.
    var began: UInt64?
    /// It did not return in time: its thread is written off until it does.
    var isHung = false
  }

  private struct WeakHost { weak var host: Host? }

  /// How long to wait at most before looking at the plugins again, and on probation from one check to the next.
  private static let (longestPause, trialInterval) = (1_000, 500)
  private let state = Monitor(State())
  private let probes = HealthProbes()
  private let budgets = BudgetWatch()
  private let host = Mutex<WeakHost>(WeakHost())

  /// Starts to look, until `stop`.
  ///
  /// - Throws: The system's error when it has no thread to give.
  func start(_ host: Host) throws(SystemError) {
    self.host.withLock { $0.host = host }
    try Thread(name: "dvt-health") { [self] in
      while let pause = look(), !isStopped(within: pause) {}
    }.detach()
  }

  /// Begins no further check.
  func stop() {
    state.update { $0.isStopping = true }
    probes.stop()
  }

  private func isStopped(within milliseconds: Int) -> Bool {
    state.wait(until: .after(milliseconds: milliseconds)) { $0.isStopping ? true : nil } ?? false
  }

  private var present: Host? { host.withLock { $0.host } }

  // MARK: Asking

  /// What is known of a plugin; `nil` before it was first active.
  func record(of id: String) -> HealthRecord? { state.withLock { $0.records[id] } }

  /// How a generation is.
  func state(of generation: Generation) -> HealthState {
    guard let record = record(of: generation.id), record.generation == generation.number else {
      return .unknown("it has not been checked yet")
    }
    return record.state
  }

  // MARK: Looking

  /// Begins the checks that are due, and gives up those that take too long.
  ///
  /// - Returns: Milliseconds until the next look; `nil` when there is no host any more.
  private func look() -> Int? {
    guard let host = present else { return nil }
    let (now, time) = (Deadline.now(), LogTime.now())
    let (configuration, plugins) = (host.configuration, host.table.all)
    let trials = Set(plugins.flatMap { $0.probation?.reload.members.map(\.id) ?? [] })
    var soonest = now &+ UInt64(Self.longestPause) &* 1_000_000
    let (late, due) = state.update { state in
      let late = state.hang(at: now, configuration, &soonest)
      let known = Set(plugins.map(\.id))
      state.records = state.records.filter { known.contains($0.key) }
      let due = plugins.compactMap { plugin -> Generation? in
        let settings = configuration.health(of: plugin.id)
        let isTrial =
          trials.contains(plugin.id)
          && (settings.interval == 0 || settings.interval > Self.trialInterval)
        let interval = isTrial ? Self.trialInterval : settings.interval
        return state.take(plugin, every: interval, at: now, time, &soonest)
      }
      return (late, due)
    }
    budgets.look(host, every: 1_000)
    for generation in late { giveUp(generation, host) }
    // Before anything that a check could change.
    follow(host)
    begin(due, host)
    let left = soonest > now ? (soonest - now) / 1_000_000 : 0
    return max(5, Int(left))
  }

  private func begin(_ due: [Generation], _ host: Host) {
    guard !due.isEmpty else { return }
    let subscriptions = Dictionary(grouping: host.core.bus.subscriptions, by: \.owner)
    for generation in due {
      let finding = judge(generation, subscriptions[generation.instance.owner] ?? [])
      guard generation.saysHealth else {
        settle(generation, finding, took: 0, host)
        continue
      }
      guard !probes.isExhausted else {
        settle(
          generation,
          finding.worse(
            .unknown("it is not asked: \(HealthProbes.mostLost) checks of others hang")),
          took: 0, host)
        continue
      }
      let number = state.update { state in
        state.checks += 1
        state.records[generation.id]?.running = state.checks
        state.running[state.checks] = Check(generation: generation)
        return state.checks
      }
      probes.submit { [self] in ask(generation, number, finding) }
    }
  }

  private func judge(_ generation: Generation, _ own: [Subscription]) -> HealthState {
    let instance = generation.instance
    let (failures, delivered) = (
      instance.failures, own.reduce(0) { $0 + $1.delivered }
    )
    let (failed, calls) = state.update { state -> (UInt64, UInt64) in
      guard let record = state.records[generation.id] else { return (0, 0) }
      state.records[generation.id]?.failures = failures
      state.records[generation.id]?.delivered = delivered
      // A subscription that ended takes its count along.
      return (
        failures - min(failures, record.failures), delivered - min(delivered, record.delivered)
      )
    }
    return HealthFinding.judge(instance, own, failed: failed, delivered: calls)
  }

  // MARK: A check

  /// Asks a plugin, on a thread of the probes'.
  ///
  /// - Returns: `false` when the thread was written off.
  private func ask(_ generation: Generation, _ number: UInt64, _ finding: HealthState) -> Bool {
    let began = Deadline.now()
    state.update { $0.running[number]?.began = began }
    let verdict = generation.isTainted ? nil : Self.verdict(generation)
    let took = Deadline.now() &- began
    let (isMine, wasHung) = state.update { state -> (Bool, Bool) in
      let check = state.running.removeValue(forKey: number)
      let isMine = state.records[generation.id]?.running == number
      if isMine { state.records[generation.id]?.running = nil }
      return (isMine, check?.isHung == true)
    }
    if isMine, let verdict, let host = present {
      settle(generation, verdict.worse(finding), took: took, host)
    }
    return !wasHung
  }

  /// What a plugin says; `nil` when it could not be asked.
  private static func verdict(_ generation: Generation) -> HealthState? {
    _ = ErrorCollector.ofThread?.take()
    let result = generation.checkHealth()
    let report = ErrorCollector.ofThread?.take()
    switch result.failure {
    case .crashed:
      generation.instance.core.onCrash(generation.instance, result.fault, "its health check")
      return .unhealthy("its health check crashed (\(SignalName.of(result.fault)))")
    // It is being reloaded or ended.
    case .some: return nil
    case nil where result.code == DVT_OK: return .healthy
    case nil:
      let reason = report?.message ?? "it says \(CodeName.of(result.code)), without a reason"
      return report?.retryable == true ? .degraded(reason) : .unhealthy(reason)
    }
  }

  private func giveUp(_ generation: Generation, _ host: Host) {
    probes.writeOff()
    let milliseconds = host.configuration.health(of: generation.id).deadline
    let reason = "its health check has not returned within \(milliseconds) ms"
    settle(generation, .unhealthy(reason), took: UInt64(milliseconds) &* 1_000_000, host)
  }

  /// Enters what came of a check, tells of a change, and has the host act when it is time.
  private func settle(
    _ generation: Generation, _ verdict: HealthState, took: UInt64, _ host: Host
  ) {
    let settings = host.configuration.health(of: generation.id)
    let time = LogTime.now()
    let (former, acts) = state.update { state -> (HealthState?, Bool) in
      guard var record = state.records[generation.id], record.generation == generation.number
      else { return (nil, false) }
      let former = record.settle(verdict, at: time, took: took, enough: settings.failures)
      // One that hangs is not asked again, so that it would never be unhealthy often enough.
      let isHung = record.running.flatMap { state.running[$0] }?.isHung == true
      let isEnough = record.unhealthyInRow >= settings.failures || isHung
      let acts = isEnough && record.unhealthyInRow > 0 && !record.isActedOn
      if acts { record.isActedOn = true }
      state.records[generation.id] = record
      return (former, acts)
    }
    if let former { tell(generation, from: former, to: verdict, host) }
    guard acts, settings.action != .none else { return }
    host.control.submit { [weak host] in
      host?.actOnHealth(of: generation, because: verdict.reason ?? "it is unhealthy")
    }
  }

  private func tell(
    _ generation: Generation, from former: HealthState, to state: HealthState, _ host: Host
  ) {
    let reason = state.reason ?? ""
    let words = "is \(state.name)" + (reason.isEmpty ? "" : ": \(reason)")
    switch state {
    case .unhealthy: host.core.log.log(.error, generation.id, words)
    case .degraded: host.core.log.log(.warning, generation.id, words)
    case .healthy, .unknown:
      if case .unknown = former { break }
      host.core.log.log(.info, generation.id, words)
    }
    host.events.publish(
      "health.changed", subject: generation.id,
      [
        "from": .string(former.name), "to": .string(state.name), "reason": .string(reason),
        "generation": .int(Int64(generation.number)),
      ])
  }

  /// Counts a restart; `false` when there were enough of them.
  func beginRestart(of id: String, most: Int) -> Bool {
    state.update { state in
      guard let record = state.records[id], record.restarts < most else { return false }
      state.records[id]?.restarts += 1
      return true
    }
  }

  /// Whether a check of a generation has not returned.
  func isHung(_ generation: Generation) -> Bool {
    state.withLock { state in
      state.running.values.contains { $0.isHung && $0.generation === generation }
    }
  }

  // MARK: The host itself

  /// Tells when the host becomes live or ready, or is not any more.
  private func follow(_ host: Host) {
    let standing = host.standing
    let former = state.update { state in
      defer { state.standing = standing }
      return state.standing
    }
    guard let former, former.isLive != standing.isLive || former.isReady != standing.isReady else {
      return
    }
    let reason = standing.reasons.joined(separator: "; ")
    host.core.log.log(
      standing.reasons.isEmpty ? .info : .warning, "host",
      standing.reasons.isEmpty ? "is live and ready" : "is not ready: \(reason)")
    host.events.publish(
      "health.host",
      [
        "live": .bool(standing.isLive), "ready": .bool(standing.isReady),
        "reason": .string(reason),
      ])
  }
}
