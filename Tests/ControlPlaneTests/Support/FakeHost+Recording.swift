import ControlPlane
import HostSupport
import PluginHost

extension FakeHost {
  func eventLog() throws(OperationError) -> EventLogReport {
    var log = EventLogReport(path: "/state/events")
    log.state = "recording"
    log.patterns = ["order.>"]
    log.exclude = ["bus.>"]
    log.count = 41
    log.bytes = 5_000
    log.mostBytes = 1 << 20
    log.segments = 2
    log.oldest = .init(number: 2, time: "2026-01-01T00:00:00.000Z")
    log.newest = .init(number: 42, time: "2026-01-01T01:00:00.000Z")
    log.synced = 40
    log.syncedAt = "2026-01-01T00:59:59.000Z"
    log.recorded = 41
    log.lost = 3
    log.displaced = 1
    log.damage = ["x.log: 10 bytes at 32 are damaged and are passed over"]
    return log
  }

  /// Records 1, 2, 3 …; each third is a gap.
  func recordedEvents(
    from: LogMoment?, to: LogMoment?, pattern: String, limit: Int
  ) throws(OperationError) -> RecordedEventsReport {
    note("log \(from.map { "\($0)" } ?? "-") \(to.map { "\($0)" } ?? "-") \(pattern) \(limit)")
    guard case .number(let first)? = from else {
      return RecordedEventsReport(records: [FakeHost.record(7)], next: nil)
    }
    let records = (first..<(first + 2)).map(FakeHost.record)
    var report = RecordedEventsReport(records: records, next: first < 3 ? first + 2 : nil)
    report.last = 4
    return report
  }

  private static func record(_ number: UInt64) -> RecordedEventReport {
    var record = RecordedEventReport(number: number, recorded: "2026-01-01T00:00:00.000Z")
    if number % 3 == 0 {
      record.missing = 17
      record.cause = "the disk is full"
      return record
    }
    var event = EventReport(
      id: "\(number)", source: "shop", type: "order.paid",
      payload: Payload(Array("[1]".utf8), contentType: "application/json"))
    event.time = "2026-01-01T00:00:00.000Z"
    record.event = event
    return record
  }

  /// Tells of one step; then it is done, but a replay of `slow` waits until it is cancelled.
  func replayEvents(
    _ request: ReplayRequest, _ tell: @escaping @Sendable (ReplayProgress) -> Void
  ) throws(OperationError) -> Cancellation {
    note("replay \(request)")
    guard request.pattern != "none" else {
      throw OperationError(
        .notFound, "no event was recorded in that time", advice: "see 'dovetail events log stats'")
    }
    var progress = ReplayProgress(from: 1, to: 10)
    progress.number = 5
    progress.published = 3
    tell(progress)
    if request.pattern != "slow" {
      progress.state = request.pattern == "bad" ? .failed : .done
      progress.detail = request.pattern == "bad" ? "the disk broke" : nil
      progress.number = 10
      progress.published = 4
      progress.missing = 2
      progress.seconds = 1.25
      progress.topics = ["order.paid": 3, "order.sent": 1]
      tell(progress)
    }
    return Cancellation { [self] in note("replay cancelled") }
  }
}
