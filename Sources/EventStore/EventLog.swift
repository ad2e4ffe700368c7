import Glibc
public import HostSupport
import Synchronization

/// Records on the disk, appended in order, in segments; FORMAT.md says how.
///
/// Threading: `append`, `sync` and `trim` are called by one thread at a time; everything else from any thread at any time. One
/// process at a time has a log open: its owner sees to that.
public final class EventLog: Sendable {
  struct State: ~Copyable {
    /// The last one grows.
    var segments: [Segment] = []
    /// The last segment; `nil` when the next record begins a new one.
    var file: FileDescriptor?
    var next: UInt64 = 1
    var lastTime: Int64 = 0
    var synced: UInt64 = 0
    var syncedAt: Int64 = 0
    var displaced: UInt64 = 0
    var damage: [LogDamage] = []
    var bounds: LogBounds
    /// A failed write may have left bytes behind the end of the last segment.
    var isRagged = false
  }

  /// The folder's path.
  public let path: String
  let folder: Directory
  let state: Mutex<State>

  /// Opens a log, or makes its folder: finds the segments, and cuts what is torn off the end of the last.
  ///
  /// It reads the last segment, and of the others their headers.
  ///
  /// - Parameters:
  ///   - path: The folder; its parent must exist.
  ///   - bounds: How much it may hold.
  /// - Throws: `EventLogError`; nothing was changed then.
  public init(path: String, bounds: LogBounds = LogBounds()) throws(EventLogError) {
    self.path = path
    do throws(SystemError) {
      if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", path) }
      folder = try Directory(path)
    } catch {
      throw .system(error)
    }
    state = Mutex(State(bounds: bounds))
    var opening = LogOpening(folder: folder.path)
    do throws(SystemError) {
      try opening.look(in: folder)
    } catch {
      throw opening.newer ?? .system(error)
    }
    if let newer = opening.newer { throw newer }
    let found = opening
    state.withLock { state in
      state.segments = found.segments
      state.next = found.next
      state.synced = found.next - 1
      state.lastTime = found.lastTime
      state.damage = found.damage
    }
  }

  /// What it holds.
  public var status: LogStatus {
    state.withLock { state in
      var status = LogStatus()
      status.segments = state.segments.count
      status.bytes = state.segments.reduce(0) { $0 + $1.size }
      status.oldest = state.segments.first?.first ?? state.next
      status.newest = state.next - 1
      status.oldestTime = status.count == 0 ? 0 : state.segments.first?.time ?? 0
      status.newestTime = status.count == 0 ? 0 : state.lastTime
      status.displaced = state.displaced
      status.synced = state.synced
      status.syncedAt = state.syncedAt
      status.damage = state.damage
      return status
    }
  }

  /// How much it may hold; takes effect with the next `append` or `trim`.
  public var bounds: LogBounds {
    get { state.withLock { $0.bounds } }
    set { state.withLock { $0.bounds = newValue } }
  }

  // MARK: Writing

  /// Appends records, in as few writes as there are segments to write to. The oldest segments give way first.
  ///
  /// - Parameters:
  ///   - items: What to append; those that were appended are taken out.
  ///   - durable: Whether a segment that is full is synced before the next begins.
  /// - Throws: The system's error: what is left in `items` was not appended.
  public func append(_ items: inout ArraySlice<LogItem>, durable: Bool) throws(SystemError) {
    while !items.isEmpty {
      try state.withLock { (state) throws(SystemError) in
        if needsSegment(state, before: items) { try begin(&state, durable: durable, items) }
        try write(&items, &state)
      }
    }
  }

  /// Waits until everything that was appended is on the disk.
  ///
  /// - Throws: The system's error: what was not synced before may be lost to a power failure. The next record begins a segment.
  public func sync() throws(SystemError) {
    // The appending thread is the one that closes it: it stays open while this one syncs outside the lock.
    let (raw, newest) = state.withLock { ($0.file?.raw, $0.next - 1) }
    guard let raw else { return }
    guard fdatasync(raw) == 0 else {
      let error = SystemError("fdatasync", path)
      state.withLock { $0.file = nil }
      throw error
    }
    let now = LogTime.now()
    state.withLock { state in
      state.synced = max(state.synced, newest)
      state.syncedAt = now
    }
  }

  /// Lets go of the oldest segments that the bounds leave no room for; never of the last.
  ///
  /// - Parameter now: Nanoseconds since 1970-01-01 UTC.
  /// - Throws: The system's error when a file cannot be removed.
  public func trim(now: Int64) throws(SystemError) {
    try state.withLock { (state) throws(SystemError) in
      try trim(&state, now: now, bytes: 0, count: 0)
    }
  }

  private func needsSegment(_ state: borrowing State, before items: ArraySlice<LogItem>) -> Bool {
    guard state.file != nil, let last = state.segments.last, let item = items.first else {
      return true
    }
    let bounds = state.bounds
    let held = state.next - last.first
    return held > 0
      && (last.size + SegmentFormat.frameSize(item.content) > bounds.segmentBytes
        || held >= bounds.segmentCount || item.time - last.time > bounds.segmentAge)
  }

  /// Begins a segment.
  private func begin(
    _ state: inout State, durable: Bool, _ items: ArraySlice<LogItem>
  ) throws(SystemError) {
    guard let item = items.first else { return }
    if state.file != nil, durable {
      try state.file?.syncData()
      state.synced = state.next - 1
      state.syncedAt = LogTime.now()
    }
    state.file = nil
    let name = SegmentFormat.name(state.next)
    let time = max(state.lastTime, item.time)
    let header = SegmentFormat.header(first: state.next, time: time)
    do throws(SystemError) {
      // A file of that name holds no record: it is what a failed attempt left.
      let file = try folder.open(name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW)
      try file.write(header)
      if durable { try folder.sync() }
      state.file = consume file
    } catch {
      _ = try? folder.remove(name)
      throw error
    }
    state.segments.removeAll { $0.first == state.next }
    state.segments.append(
      Segment(first: state.next, time: time, size: header.count, marks: []))
    state.isRagged = false
  }

  /// Writes as many items as the last segment takes.
  private func write(
    _ items: inout ArraySlice<LogItem>, _ state: inout State
  ) throws(SystemError) {
    guard var segment = state.segments.last else { return }
    if state.isRagged {
      try state.file?.truncate(to: segment.size)
      state.isRagged = false
    }
    var bytes: [UInt8] = []
    var number = state.next
    var time = state.lastTime
    var count = 0
    let bounds = state.bounds
    for item in items {
      let size = segment.size + bytes.count
      let isFull =
        size + SegmentFormat.frameSize(item.content) > bounds.segmentBytes
        || number - segment.first >= bounds.segmentCount
        || item.time - segment.time > bounds.segmentAge
      if isFull, number > segment.first { break }
      time = max(time, item.time)
      segment.note(number, time, at: size)
      SegmentFormat.addFrame(number, time, item.content, to: &bytes)
      number += 1
      count += 1
    }
    try trim(&state, now: time, bytes: bytes.count, count: UInt64(count))
    do throws(SystemError) {
      try state.file?.write(bytes)
    } catch {
      // A reader never sees what lies behind `size`; the next write begins there.
      state.isRagged = true
      throw SystemError(error.call, path, code: error.code)
    }
    segment.size += bytes.count
    state.segments[state.segments.count - 1] = segment
    state.next = number
    state.lastTime = time
    items = items.dropFirst(count)
  }

  /// Makes room for so many bytes and records.
  private func trim(
    _ state: inout State, now: Int64, bytes: Int, count: UInt64
  ) throws(SystemError) {
    let bounds = state.bounds
    while state.segments.count > 1 {
      let held = state.segments.reduce(bytes) { $0 + $1.size }
      let (oldest, second) = (state.segments[0], state.segments[1])
      // The first record of the next segment is not older than the last of this one.
      let isOld = bounds.age.map { second.time != 0 && now - second.time > $0 } ?? false
      guard held > bounds.bytes || state.next + count - second.first >= bounds.count || isOld else {
        return
      }
      try folder.remove(SegmentFormat.name(oldest.first))
      state.segments.removeFirst()
      state.displaced += second.first - oldest.first
    }
  }
}
