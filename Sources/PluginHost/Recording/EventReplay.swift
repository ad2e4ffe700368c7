import EventBus
import EventStore
import HostSupport
import Synchronization

/// Publishes recorded events once more, in order, on a thread of its own.
///
/// An event keeps its id, source, time and data; it is marked as redelivered, and by extension attributes. To its own topic it goes
/// past interceptors and routes, because what was recorded had passed them. Threading: any thread.
final class EventReplay: Sendable {
  /// The attribute that every replayed event has, with the value `true`.
  static let mark = "replayed"
  /// Its number in the log.
  static let numberMark = "replaynumber"
  /// The topic that it was recorded from, when it goes to another.
  static let topicMark = "replaytopic"
  /// Holds for events that no replay published: only they are recorded.
  static let isOriginal = EventCondition(.attribute(.extension(mark)), .notEqual, "true")

  /// What is replayed, where to, and how fast.
  struct Plan: Sendable {
    var numbers: ClosedRange<UInt64>
    /// Records after this moment are not looked at.
    var until = Int64.max
    var pattern: TopicPattern
    var target = ReplayTarget.own
    /// The plugin whose subscriptions alone receive them; `nil` for everybody.
    var plugin: String?
    var speed = ReplayRequest.Speed.times(1)
    var isDry = false
  }

  /// Nanoseconds between two reports, and between two looks at a full queue.
  private static let reportInterval: UInt64 = 200_000_000
  private static let roomInterval: UInt64 = 1_000_000
  /// Nanoseconds without any room after which a replay is given up.
  static let roomPatience: UInt64 = 60_000_000_000

  private let plan: Plan
  private let log: EventLog
  private let core: HostCore
  private let clock: ReplayClock
  private let tell: @Sendable (ReplayProgress) -> Void
  private let isCancelled = Monitor(false)
  private let hasEnded = Monitor(false)

  init(
    _ plan: Plan, log: EventLog, core: HostCore, clock: ReplayClock = .machine,
    tell: @escaping @Sendable (ReplayProgress) -> Void
  ) {
    self.plan = plan
    self.log = log
    self.core = core
    self.clock = clock
    self.tell = tell
  }

  /// Ends it: when this returns nothing more is published, unless a handler holds it up for longer than the deadline.
  func cancel(until deadline: Deadline) {
    isCancelled.update { $0 = true }
    _ = hasEnded.wait(until: deadline) { $0 ? true : nil }
  }

  /// Replays on this thread; tells of its progress about five times a second, and once at the end.
  func run() {
    var run = Run(
      progress: ReplayProgress(from: plan.numbers.lowerBound, to: plan.numbers.upperBound),
      clock.now())
    run.room = ReplayRoom(core.bus, of: plan.plugin)
    do throws(SystemError) {
      let isWhole = try replay(&run)
      if !run.progress.isOver { run.progress.state = isWhole ? .done : .cancelled }
    } catch {
      run.progress.state = .failed
      run.progress.detail = "the log cannot be read: \(error)"
    }
    run.progress.topics = run.topics
    report(&run)
    hasEnded.update { $0 = true }
  }

  /// What changes while it runs.
  private struct Run {
    var progress: ReplayProgress
    let start: UInt64
    var reported: UInt64
    var topics: [String: UInt64] = [:]
    var room: ReplayRoom?
    /// When the first event was recorded, and when it was replayed: the pace is kept from there.
    var origin: (recorded: Int64, replayed: UInt64)?

    init(progress: ReplayProgress, _ now: UInt64) {
      self.progress = progress
      start = now
      reported = now
    }
  }

  private func replay(_ run: inout Run) throws(SystemError) -> Bool {
    var next = plan.numbers.lowerBound
    while next <= plan.numbers.upperBound {
      let page = try log.read(from: next, limit: 256)
      for record in page.records {
        guard record.number <= plan.numbers.upperBound, record.time <= plan.until else {
          return true
        }
        if record.number > next { run.progress.unreadable += record.number - next }
        next = record.number + 1
        guard step(record, &run) else { return false }
      }
      if page.isLast { return true }
      let end = min(page.next, plan.numbers.upperBound + 1)
      if end > next { run.progress.unreadable += end - next }
      next = max(next, page.next)
    }
    return true
  }

  /// - Returns: Whether it goes on.
  private func step(_ record: StoredRecord, _ run: inout Run) -> Bool {
    if isCancelled.withLock({ $0 }) { return false }
    defer {
      let isDue = clock.now() - run.reported >= Self.reportInterval
      if isDue, !run.progress.isOver { report(&run) }
    }
    switch record.content {
    case .gap(let count, _): run.progress.missing += count
    case .event(let entry):
      guard plan.pattern.matches(entry.type) else {
        run.progress.passed += 1
        break
      }
      guard keepPace(record, &run), publish(entry, record, &run) else { return false }
    }
    run.progress.number = record.number
    run.progress.recorded = LogTime.rfc3339(record.time)
    return true
  }

  /// Waits until it is the record's turn.
  private func keepPace(_ record: StoredRecord, _ run: inout Run) -> Bool {
    guard case .times(let times) = plan.speed, !plan.isDry else { return true }
    let origin = run.origin ?? (record.time, clock.now())
    run.origin = origin
    let passed = Double(max(0, record.time - origin.recorded)) / times
    let due = origin.replayed + UInt64(min(passed, 9e18))
    while clock.now() < due {
      if isCancelled.withLock({ $0 }) { return false }
      // Somebody may want to see that it is alive.
      clock.wait(min(due, clock.now() + Self.reportInterval), isCancelled)
      if clock.now() - run.reported >= Self.reportInterval { report(&run) }
    }
    return true
  }

  private func publish(_ entry: EventEntry, _ record: StoredRecord, _ run: inout Run) -> Bool {
    let topic = plan.target.topic(for: entry.type)
    if !plan.isDry {
      guard waitForRoom(topic, &run) else { return false }
      guard deliver(marked(entry, record, topic), &run) else { return false }
    }
    run.progress.published += 1
    if run.topics.count < 1_000 || run.topics[topic] != nil { run.topics[topic, default: 0] += 1 }
    return true
  }

  private func marked(_ entry: EventEntry, _ record: StoredRecord, _ topic: String) -> EventEntry {
    var entry = entry
    entry.id = entry.sequence > 0 || !entry.id.isEmpty ? entry.identity : ""
    entry.isRedelivered = true
    entry.extensions.removeAll { [Self.mark, Self.numberMark, Self.topicMark].contains($0.name) }
    entry.extensions.append(.init(Self.mark, "true"))
    entry.extensions.append(.init(Self.numberMark, "\(record.number)"))
    if topic != entry.type {
      entry.extensions.append(.init(Self.topicMark, entry.type))
      entry.type = topic
    }
    return entry
  }

  private func deliver(_ entry: EventEntry, _ run: inout Run) -> Bool {
    do throws(BusError) {
      let failure = try core.bus.withTopic(entry.type) { topic in
        unsafe entry.withEvent { event in unsafe deliver(event, of: topic) }
      }
      if let failure {
        run.progress.incomplete += 1
        core.losses.note(failure)
      }
      return true
    } catch {
      run.progress.state = .failed
      run.progress.detail = error.description
      return false
    }
  }

  private func deliver(_ event: UnsafeMutableRawPointer, of topic: Topic) -> CallFailure? {
    guard let plugin = plan.plugin else {
      return unsafe plan.target == .own ? topic.publishBehind(event) : topic.publish(event)
    }
    var failure: CallFailure?
    for receiver in core.bus.receivers(of: topic.name) where receiver.owner.name == plugin {
      failure = unsafe core.bus.deliver(event, of: topic, to: receiver) ?? failure
    }
    return failure
  }

  /// Waits until no queue that the event goes into is full.
  private func waitForRoom(_ topic: String, _ run: inout Run) -> Bool {
    let since = clock.now()
    while let full = run.room?.take(topic) {
      let place = "\(full.owner.name)'s '\(full.name)'"
      if isCancelled.withLock({ $0 }) { return false }
      if clock.now() - since >= Self.roomPatience {
        run.progress.state = .failed
        run.progress.detail = "the queue of \(place) has had no room for 60 s"
        return false
      }
      if clock.now() - run.reported >= Self.reportInterval {
        run.progress.state = .waiting
        run.progress.detail = "waits for room in the queue of \(place)"
        report(&run)
        run.progress.state = .running
        run.progress.detail = nil
      }
      clock.wait(clock.now() + Self.roomInterval, isCancelled)
    }
    return true
  }

  private func report(_ run: inout Run) {
    run.reported = clock.now()
    run.progress.seconds = Double(run.reported - run.start) / 1e9
    tell(run.progress)
  }
}
