import Glibc
import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import EventStore

@Suite struct EventRecorderTests {
  let fixture = LogFixture()

  @Test(
    "What was recorded is in the log, in order, when it was flushed",
    arguments: [EventRecorder.Sync.after(milliseconds: 1), .eachBatch, .never])
  func order(sync: EventRecorder.Sync) throws {
    let log = try fixture.open()
    let recorder = try EventRecorder(log: log, options: .init(sync: sync, memory: 10_000))
    for number in 1...2_000 { #expect(recorder.record(entry(number))) }
    #expect(recorder.flush(until: .after(milliseconds: 20_000)))
    #expect(try log.all(limit: 500).map(\.event) == (1...2_000).map { entry($0) })
    #expect(log.status.synced == 2_000)
    #expect(recorder.stop(until: .after(milliseconds: 20_000)))
    #expect((recorder.recorded, recorder.lost) == (2_000, 0))
  }

  @Test("Events that were lost elsewhere become a gap right before the next event")
  func gap() throws {
    let log = try fixture.open()
    let recorder = try EventRecorder(log: log, now: { 5 })
    recorder.record(entry(1))
    recorder.lose(2, "the queue was full")
    recorder.lose(3, "later")
    recorder.record(entry(2))
    recorder.lose(1, "at the end")
    #expect(recorder.stop(until: .after(milliseconds: 20_000)))
    #expect(
      try log.all().map(\.content) == [
        .event(entry(1)), .gap(count: 5, cause: "the queue was full"), .event(entry(2)),
        .gap(count: 1, cause: "at the end"),
      ])
    #expect(recorder.lost == 6)
  }

  @Test("An event that is larger than a record may be is lost alone")
  func tooLarge() throws {
    let log = try fixture.open(LogBounds(bytes: 1 << 20))
    let recorder = try EventRecorder(log: log)
    #expect(!recorder.record(entry(1, bytes: 600_000)))
    #expect(recorder.record(entry(2, bytes: 500_000)))
    recorder.stop(until: .after(milliseconds: 20_000))
    #expect(
      try log.all().map(\.content) == [
        .gap(count: 1, cause: "larger than a record may be"), .event(entry(2, bytes: 500_000)),
      ])
  }

  @Test("While the disk is full nobody waits, and what had no room in memory is a gap afterwards")
  func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let fixture = LogFixture()
      let log = try fixture.open()
      let changes = Mutex<[EventRecorder.Change]>([])
      let size = LogItem(.event(entry(1)), time: 0).size
      let recorder = try EventRecorder(
        log: log, options: .init(sync: .eachBatch, memory: 3 * size + size / 2, retry: 5),
        onChange: { change in changes.withLock { $0.append(change) } })
      recorder.record(entry(1))
      #expect(recorder.flush(until: .after(milliseconds: 20_000)))
      FileSizeLimit.set(SegmentFormat.header + size + 3)
      recorder.record(entry(2))
      #expect(Condition.holds { recorder.problem != nil })
      let taken = (3...10).map { recorder.record(entry($0)) }
      #expect(taken == [true, true, false, false, false, false, false, false])
      #expect(recorder.lost == 6)
      FileSizeLimit.lift()
      #expect(Condition.holds { recorder.problem == nil })
      recorder.record(entry(11))
      #expect(recorder.flush(until: .after(milliseconds: 20_000)))
      let reason = "write \(fixture.path): File too large"
      #expect(
        try log.all().map(\.content)
          == (1...4).map { .event(entry($0)) } + [.gap(count: 6, cause: reason), .event(entry(11))])
      #expect(changes.withLock { $0 } == [.suspended(reason), .resumed(lost: 6)])
    }
  }

  @Test("A read-only disk is the same", .enabled(if: TemporaryFileSystem.isPossible))
  func readOnlyDisk() throws {
    let disk = try TemporaryFileSystem()
    let log = try EventLog(path: "\(disk.path)/events")
    let recorder = try EventRecorder(log: log, options: .init(sync: .eachBatch, retry: 5))
    recorder.record(entry(1))
    #expect(recorder.flush(until: .after(milliseconds: 20_000)))
    // A file that is open for writing keeps the disk from becoming read-only.
    try log.closeSegment()
    try disk.remount("ro")
    recorder.record(entry(2))
    #expect(Condition.holds { recorder.problem?.contains("Read-only file system") == true })
    #expect(try log.all().count == 1)
    try disk.remount("rw")
    #expect(Condition.holds { recorder.problem == nil })
    #expect(recorder.stop(until: .after(milliseconds: 20_000)))
    #expect(try log.all().map(\.event) == [entry(1), entry(2)])
  }

  @Test("A disk that is really full is the same", .enabled(if: TemporaryFileSystem.isPossible))
  func smallDisk() throws {
    let disk = try TemporaryFileSystem(options: "size=256k")
    let log = try EventLog(path: "\(disk.path)/events")
    let recorder = try EventRecorder(
      log: log, options: .init(sync: .eachBatch, memory: 20_000, retry: 5))
    var number = 0
    while recorder.problem == nil {
      number += 1
      recorder.record(entry(number, bytes: 4_000))
      _ = recorder.flush(until: .after(milliseconds: 10))
    }
    while recorder.lost == 0 {
      number += 1
      recorder.record(entry(number, bytes: 4_000))
    }
    try disk.remount("size=4m")
    #expect(Condition.holds { recorder.problem == nil })
    recorder.record(entry(number + 1))
    #expect(recorder.stop(until: .after(milliseconds: 20_000)))
    let kept = try log.all(limit: 100)
    let gaps = kept.filter { $0.event == nil }.map(\.content)
    #expect(gaps.count == 1)
    let lost = Int(recorder.lost)
    #expect(
      kept.compactMap(\.event?.sequence)
        == (1...(number + 1)).filter { !((number - lost + 1)...number).contains($0) }.map {
          UInt64($0)
        })
    #expect(try EventLog(path: "\(disk.path)/events").status.damage.isEmpty)
  }
}

extension EventLog {
  /// Lets the next record begin a segment.
  func closeSegment() throws {
    state.withLock { $0.file = nil }
  }
}
