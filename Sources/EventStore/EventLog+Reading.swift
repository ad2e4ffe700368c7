import Glibc
public import HostSupport
import Synchronization

/// Reading records, by number and by time.
extension EventLog {
  /// Some records of a log, in order.
  public struct Page: Sendable, Equatable {
    /// The records.
    public var records: [StoredRecord] = []
    /// The number to go on from; what lies before it was looked at.
    public var next: UInt64
    /// Whether the end of the log was reached.
    public var isLast = false
  }

  /// Reads records from a number on: appended ones, synced or not.
  ///
  /// - Parameters:
  ///   - number: Where to begin; at the oldest record when it is not held any more.
  ///   - limit: The most records, 1….
  ///   - bytes: After so many bytes no further record is added.
  /// - Returns: The records; none only at the end, or where all that could be read is damaged.
  /// - Throws: The system's error.
  public func read(
    from number: UInt64, limit: Int = 1_000, bytes: Int = 1 << 20
  ) throws(SystemError) -> Page {
    var number = number
    while true {
      let (segments, newest) = state.withLock { ($0.segments, $0.next - 1) }
      guard let index = segments.lastIndex(where: { $0.first <= number }) ?? segments.indices.first,
        number <= newest
      else { return Page(next: max(number, newest + 1), isLast: true) }
      let segment = segments[index]
      number = max(number, segment.first)
      let end = index + 1 < segments.count ? segments[index + 1].first - 1 : newest
      do throws(SystemError) {
        let page = try read(segment, from: number, to: end, limit: limit, bytes: bytes)
        if !page.records.isEmpty || page.next > newest { return page }
        number = page.next
      } catch  where error.code == ENOENT {
        // It gave way meanwhile, or somebody removed it.
        number = end + 1
      }
    }
  }

  /// The number of the first record that was not recorded before a moment.
  ///
  /// - Parameter time: Nanoseconds since 1970-01-01 UTC.
  /// - Returns: One more than the newest when all are older.
  /// - Throws: The system's error.
  public func number(at time: Int64) throws(SystemError) -> UInt64 {
    let (segments, newest, lastTime) = state.withLock { state in
      (state.segments, state.next - 1, state.lastTime)
    }
    guard time <= lastTime else { return newest + 1 }
    // A damaged header says nothing: such a segment is read.
    let start = segments.lastIndex { $0.time != 0 && $0.time < time } ?? 0
    for index in start..<max(start, segments.count) {
      let end = index + 1 < segments.count ? segments[index + 1].first - 1 : newest
      do throws(SystemError) {
        if let found = try find(time, in: segments[index], to: end) { return found }
      } catch  where error.code == ENOENT {
        continue
      }
    }
    return newest + 1
  }

  private func find(
    _ time: Int64, in segment: Segment, to end: UInt64
  ) throws(SystemError) -> UInt64? {
    let marks = try marks(of: segment, to: end)
    let start = marks.last { $0.time < time } ?? marks.first
    guard let start else { return nil }
    var scanner = try scanner(of: segment, from: start, to: end)
    while let step = try scanner.next() {
      if case .frame(let frame) = step, frame.time >= time { return frame.number }
    }
    return nil
  }

  private func read(
    _ segment: Segment, from number: UInt64, to end: UInt64, limit: Int, bytes: Int
  ) throws(SystemError) -> Page {
    var page = Page(next: end + 1)
    guard end >= segment.first else { return page }
    let marks = try marks(of: segment, to: end)
    guard let start = marks.last(where: { $0.number <= number }) ?? marks.first else { return page }
    var scanner = try scanner(of: segment, from: start, to: end)
    var size = 0
    while let step = try scanner.next() {
      switch step {
      case .damage(let position, let bytes): note(damage: bytes, at: position, in: segment)
      case .frame(let frame):
        guard frame.number >= number else { continue }
        if page.records.count >= limit || (size > 0 && size + frame.size > bytes) {
          page.next = frame.number
          return page
        }
        size += frame.size
        if let record = RecordCoding.record(frame.body) {
          page.records.append(record)
        } else {
          note(damage: frame.size, at: frame.position, in: segment)
        }
      }
    }
    page.isLast = state.withLock { $0.next == page.next }
    return page
  }

  private func scanner(
    of segment: Segment, from mark: Segment.Mark, to end: UInt64
  ) throws(SystemError) -> SegmentScanner {
    let file = try folder.open(SegmentFormat.name(segment.first), O_RDONLY | O_NOFOLLOW)
    return SegmentScanner(
      file, from: mark.position, to: segment.size, numbers: mark.number...max(mark.number, end))
  }

  /// Places in a segment to begin at. Of a segment of an earlier process they are looked for once, by reading it.
  private func marks(of segment: Segment, to end: UInt64) throws(SystemError) -> [Segment.Mark] {
    if let marks = segment.marks { return marks }
    let start = Segment.Mark(
      number: segment.first, time: segment.time, position: SegmentFormat.header)
    var scanner = try scanner(of: segment, from: start, to: end)
    var read = segment
    read.marks = []
    while let step = try scanner.next() {
      switch step {
      case .frame(let frame): read.note(frame.number, frame.time, at: frame.position)
      case .damage(let position, let bytes): note(damage: bytes, at: position, in: segment)
      }
    }
    let marks = read.marks ?? []
    state.withLock { state in
      guard let index = state.segments.firstIndex(where: { $0.first == segment.first }) else {
        return
      }
      state.segments[index].marks = state.segments[index].marks ?? marks
    }
    return marks
  }

  private func note(damage bytes: Int, at position: Int, in segment: Segment) {
    let damage = LogDamage(
      kind: .skipped, file: SegmentFormat.name(segment.first), position: position, bytes: bytes)
    state.withLock { state in
      guard state.damage.count < 1_000, !state.damage.contains(damage) else { return }
      state.damage.append(damage)
    }
  }
}
