import EventBus
import EventStore
import HostSupport
import Synchronization

/// What operators ask of the recorded events.
extension Host {
  /// The most replays at a time.
  private static let mostReplays = 4

  /// How the recording stands, and what is held.
  public func eventLog() throws(OperationError) -> EventLogReport {
    var report = recording.report
    report.replays = replays.withLock { $0.count }
    return report
  }

  /// Some recorded events, in order: the latest when no beginning is named.
  public func recordedEvents(
    from: LogMoment?, to: LogMoment?, pattern: String, limit: Int
  ) throws(OperationError) -> RecordedEventsReport {
    let pattern = try parse(pattern)
    let log = try requireLog()
    do throws(SystemError) {
      let range = try range(from: from, to: to, in: log)
      let page =
        try from == nil
        ? latest(limit, range, in: log, pattern) : first(limit, range, in: log, pattern)
      var report = RecordedEventsReport(
        records: page.records.map(RecordedEventReport.init), next: page.next)
      report.last = range.numbers?.upperBound
      return report
    } catch {
      throw OperationError(.failed, "the recorded events cannot be read: \(error)")
    }
  }

  /// Publishes recorded events once more; tells of its progress until it has ended.
  public func replayEvents(
    _ request: ReplayRequest, _ tell: @escaping @Sendable (ReplayProgress) -> Void
  ) throws(OperationError) -> Cancellation {
    try requireKnown(request.plugin)
    let log = try requireLog()
    let pattern = try parse(request.pattern)
    let replay: EventReplay
    do {
      let range = try range(from: request.from, to: request.to, in: log)
      guard let numbers = range.numbers else {
        throw OperationError(
          .notFound, "no event was recorded in that time", advice: "see 'dovetail events log stats'"
        )
      }
      replay = EventReplay(
        EventReplay.Plan(
          numbers: numbers, until: range.until, pattern: pattern,
          target: try ReplayTarget(request.into), plugin: request.plugin, speed: request.speed,
          isDry: request.isDry),
        log: log, core: core, tell: tell)
    } catch let error as OperationError {
      throw error
    } catch let error as BusError {
      throw OperationError(.invalid, error.description)
    } catch {
      throw OperationError(.failed, "the recorded events cannot be read: \(error)")
    }
    try start(replay)
    return Cancellation { replay.cancel(until: .after(milliseconds: 5_000)) }
  }

  private func start(_ replay: EventReplay) throws(OperationError) {
    let isTaken = replays.withLock { replays in
      guard replays.count < Self.mostReplays else { return false }
      replays.append(replay)
      return true
    }
    guard isTaken else {
      throw OperationError(
        .refused, "\(Self.mostReplays) replays run already", advice: "wait until one has ended")
    }
    do throws(SystemError) {
      try Thread(name: "dvt-replay") { [self] in
        replay.run()
        replays.withLock { $0.removeAll { $0 === replay } }
      }.detach()
    } catch {
      replays.withLock { $0.removeAll { $0 === replay } }
      throw OperationError(.failed, "the host has no thread for a replay: \(error)")
    }
  }

  /// Ends every replay that runs.
  func cancelReplays(until deadline: Deadline) {
    for replay in replays.withLock({ $0 }) { replay.cancel(until: deadline) }
  }

  private func requireLog() throws(OperationError) -> EventLog {
    if let log = recording.log { return log }
    throw OperationError(
      .notFound, "this host has recorded no events",
      advice: "name topics in \"events\": {\"record\": {\"patterns\": […]}} of the configuration")
  }

  /// The records that lie between two moments.
  private struct LogRange {
    /// `nil` when there are none.
    var numbers: ClosedRange<UInt64>?
    /// Those after this moment are not meant.
    var until = Int64.max
  }

  private func range(
    from: LogMoment?, to: LogMoment?, in log: EventLog
  ) throws(SystemError) -> LogRange {
    let status = log.status
    var range = LogRange()
    var start = status.oldest
    switch from {
    case nil: break
    case .number(let number)?: start = max(start, number)
    case .time(let time)?: start = max(start, try log.number(at: time))
    }
    var end = status.newest
    switch to {
    case nil: break
    case .number(let number)?: end = min(end, number)
    case .time(let time)?:
      range.until = time
      end = min(end, time == .max ? end : try log.number(at: time + 1) - 1)
    }
    if start <= end { range.numbers = start...end }
    return range
  }

  private typealias Records = (records: [StoredRecord], next: UInt64?)

  /// The first records of a range that match, and where to go on when there may be more.
  private func first(
    _ limit: Int, _ range: LogRange, in log: EventLog, _ pattern: TopicPattern
  ) throws(SystemError) -> Records {
    guard let numbers = range.numbers else { return ([], nil) }
    // So many are looked at for one answer.
    let patience = Deadline.after(milliseconds: 500)
    var found: [StoredRecord] = []
    var next = numbers.lowerBound
    while next <= numbers.upperBound, !patience.hasPassed {
      let page = try log.read(from: next, limit: 1_000, bytes: 1 << 20)
      for record in page.records where pattern.chooses(record) {
        if record.number > numbers.upperBound { return (found, nil) }
        found.append(record)
        if found.count == limit {
          return (found, record.number < numbers.upperBound ? record.number + 1 : nil)
        }
      }
      next = page.next
      // An answer has its bounds too.
      if !found.isEmpty, page.records.count < 1_000 { break }
    }
    return (found, next <= numbers.upperBound ? next : nil)
  }

  /// The last records of a range that match, found from its end backwards.
  private func latest(
    _ limit: Int, _ range: LogRange, in log: EventLog, _ pattern: TopicPattern
  ) throws(SystemError) -> Records {
    guard let numbers = range.numbers else { return ([], nil) }
    var found: [StoredRecord] = []
    var end = numbers.upperBound + 1
    while found.count < limit, end > numbers.lowerBound {
      let start = end - min(end - numbers.lowerBound, UInt64(max(limit, 500)))
      var chunk: [StoredRecord] = []
      var next = start
      while next < end {
        let page = try log.read(from: next, limit: Int(end - next))
        chunk += page.records.filter { $0.number < end && pattern.chooses($0) }
        next = max(next + 1, page.next)
      }
      found = chunk + found
      end = start
    }
    return (found.suffix(limit), nil)
  }
}

extension TopicPattern {
  /// Whether a record is of a topic that the pattern matches, or may miss one.
  fileprivate func chooses(_ record: StoredRecord) -> Bool {
    record.event.map { matches($0.type) } ?? true
  }
}

extension RecordedEventReport {
  /// A record as an operator sees it.
  init(_ record: StoredRecord) {
    self.init(number: record.number, recorded: LogTime.rfc3339(record.time))
    switch record.content {
    case .event(let entry): event = entry.report
    case .gap(let count, let cause):
      missing = count
      self.cause = cause
    }
  }
}
