import CDovetail
import EventBus
import EventStore
import HostSupport
import Synchronization

/// Records events as the configuration says: a subscription of the host's own that feeds the recorder.
///
/// Threading: `apply` and `stop` by one thread at a time; the rest from any thread.
final class EventRecording: Sendable {
  /// The name of its subscription.
  static let name = "recorder"

  private struct State {
    var settings = HostConfiguration.Recording()
    var log: EventLog?
    var recorder: EventRecorder?
    var owner: Owner?
    var subscription: Subscription?
    var generation: UInt32 = 0
    /// Why it cannot record at all.
    var problem: String?
  }

  private let state = Mutex(State())
  private let path: String
  private let core: HostCore
  private let events: HostEvents
  /// Events that found the queue full, as far as the recorder knows of them.
  private let overflowed = Atomic<UInt64>(0)

  init(path: String, core: HostCore, events: HostEvents) {
    self.path = path
    self.core = core
    self.events = events
  }

  /// The log, also of an earlier host that recorded when this one does not; `nil` when there is none.
  var log: EventLog? { state.withLock { $0.log } }

  /// Why nothing is recorded although it should be; `nil` while all is well.
  var problem: String? {
    state.withLock { $0.problem ?? $0.recorder?.problem }.map {
      "the event recorder is suspended: \($0)"
    }
  }

  /// Follows a configuration, without losing an event that both select.
  func apply(_ settings: HostConfiguration.Recording) {
    let isOn = !settings.patterns.isEmpty
    do {
      let log = try openLog(settings, isWanted: isOn)
      log?.bounds = settings.bounds
      if let log, isOn {
        try subscribe(settings, try recorder(for: log, settings))
      } else {
        unsubscribe()
      }
      state.withLock { state in
        state.settings = settings
        state.problem = nil
      }
    } catch {
      state.withLock { $0.problem = "\(error)" }
      core.log.log(
        .error, "recorder",
        "events are not recorded: \(error); correct it and read the configuration anew with SIGHUP")
    }
  }

  /// Records what its queue holds, and closes the log.
  func stop(until deadline: Deadline) {
    unsubscribe(until: deadline)
    guard let recorder = state.withLock({ $0.recorder }) else { return }
    guard !recorder.stop(until: deadline) else { return }
    core.log.log(.error, "recorder", "the last events could not be written to \(path)")
  }

  private func openLog(
    _ settings: HostConfiguration.Recording, isWanted: Bool
  ) throws(EventLogError) -> EventLog? {
    if let log { return log }
    guard isWanted || FileStatus.exists(path) else { return nil }
    let log = try EventLog(path: path, bounds: settings.bounds)
    for damage in log.status.damage { core.log.log(.warning, "recorder", "\(path)/\(damage)") }
    state.withLock { $0.log = log }
    return log
  }

  private func recorder(
    for log: EventLog, _ settings: HostConfiguration.Recording
  ) throws(SystemError) -> EventRecorder {
    if let recorder = state.withLock({ $0.recorder }) {
      recorder.options = settings.options
      return recorder
    }
    let recorder = try EventRecorder(
      log: log, options: settings.options, onChange: { [weak self] in self?.tell($0) })
    state.withLock { $0.recorder = recorder }
    return recorder
  }

  private func tell(_ change: EventRecorder.Change) {
    switch change {
    case .suspended(let reason):
      core.log.log(
        .error, "recorder", "events are not recorded: \(reason); it tries again every second")
      events.publish("bus.recorder.suspended", ["error": .string(reason)])
    case .resumed(let lost):
      core.log.log(.info, "recorder", "events are recorded again; \(lost) were lost meanwhile")
      events.publish("bus.recorder.resumed", ["lost": .int(Int64(clamping: lost))])
    }
  }

  // MARK: The subscription

  private func subscribe(
    _ settings: HostConfiguration.Recording, _ recorder: EventRecorder
  ) throws(BusError) {
    let (former, present, number) = state.withLock { state in
      state.generation += 1
      return (state.owner, state.settings, state.generation)
    }
    guard former == nil || present.selects(otherThan: settings) else { return }
    let owner = Owner(name: core.bus.hostOwner.name, generation: number)
    let subscription = try core.bus.subscribe(
      owner, settings.subscription(), shadow: former != nil,
      handler: unsafe Handler { [weak self] event in
        unsafe self?.receive(event, recorder)
        return 0
      })
    state.withLock { state in
      state.owner = owner
      state.subscription = subscription
    }
    guard let former else { return }
    let deadline = Deadline.after(milliseconds: 5_000)
    core.bus.closeGates(of: [former], callables: [])
    _ = core.bus.drain(former, until: deadline)
    _ = core.bus.handOver(from: former, to: owner, recorder: nil, replaying: nil)
    _ = core.bus.revoke(former, until: deadline)
  }

  private func unsubscribe(until deadline: Deadline = .after(milliseconds: 5_000)) {
    let subscription = state.withLock { state in
      defer {
        state.subscription = nil
        state.owner = nil
      }
      return state.subscription
    }
    guard let subscription else { return }
    let patience = Monitor(())
    while subscription.queued > 0, !deadline.hasPassed {
      _ = patience.wait(until: .after(milliseconds: 1)) { _ -> Bool? in nil }
    }
    _ = try? core.bus.unsubscribe(subscription, until: deadline)
  }

  /// Takes an event from the queue.
  private func receive(_ event: UnsafeMutableRawPointer?, _ recorder: EventRecorder) {
    guard let event = unsafe event else { return }
    noteOverflow(recorder)
    let entry = unsafe EventEntry(event.assumingMemoryBound(to: dvt_event.self))
    if !recorder.record(entry) { core.losses.note(.eventUnrecorded) }
  }

  /// What a full queue dropped, which the bus counts, is older than all that it holds: the gap is here, or an event further on.
  private func noteOverflow(_ recorder: EventRecorder) {
    let dropped = state.withLock { $0.subscription }?.dropped ?? 0
    let known = overflowed.exchange(dropped, ordering: .relaxed)
    if dropped > known { recorder.lose(dropped - known, "the recorder's queue was full") }
  }

  // MARK: What it tells

  /// How it stands.
  var report: EventLogReport {
    let now = state.withLock { $0 }
    var report = EventLogReport(path: path)
    let problem = now.problem ?? now.recorder?.problem
    report.state = problem != nil ? "suspended" : now.subscription != nil ? "recording" : "off"
    report.problem = problem
    report.patterns = now.settings.patterns
    report.exclude = now.settings.exclude
    report.recorded = now.recorder?.recorded ?? 0
    report.lost = now.recorder?.lost ?? 0
    report.queued = now.subscription?.queued ?? 0
    guard let log = now.log else { return report }
    let status = log.status
    report.bytes = status.bytes
    report.mostBytes = log.bounds.bytes
    report.segments = status.segments
    report.count = status.count
    if status.count > 0 {
      report.oldest = .init(number: status.oldest, time: LogTime.rfc3339(status.oldestTime))
      report.newest = .init(number: status.newest, time: LogTime.rfc3339(status.newestTime))
    }
    report.synced = status.synced
    report.syncedAt = status.syncedAt == 0 ? nil : LogTime.rfc3339(status.syncedAt)
    report.displaced = status.displaced
    report.damage = status.damage.map(\.description)
    return report
  }
}

extension HostConfiguration.Recording {
  /// Whether another subscription is needed for them.
  fileprivate func selects(otherThan other: HostConfiguration.Recording) -> Bool {
    patterns != other.patterns || exclude != other.exclude || filter != other.filter
      || queue != other.queue
  }
}
