public import HostSupport

/// Writes what it is given to a log, in batches, on a thread of its own.
///
/// While the disk does not take it, up to `memory` bytes wait; what comes then is counted and becomes a gap in the log. It tries
/// again by itself. Threading: any thread.
public final class EventRecorder: Sendable {
  /// When what was written is forced to the disk.
  public enum Sync: Sendable, Equatable {
    /// So many milliseconds after it was written.
    case after(milliseconds: Int)
    /// After each batch.
    case eachBatch
    /// When the system thinks fit.
    case never
  }

  /// How it works.
  public struct Options: Sendable, Equatable {
    /// When what was written is forced to the disk.
    public var sync: Sync
    /// The most bytes that wait to be written.
    public var memory: Int
    /// Milliseconds between two attempts while the disk fails.
    public var retry: Int

    /// Describes how it works.
    public init(sync: Sync = .after(milliseconds: 100), memory: Int = 8 << 20, retry: Int = 1_000) {
      self.sync = sync
      self.memory = memory
      self.retry = retry
    }
  }

  /// Something that an operator should know.
  public enum Change: Sendable, Equatable {
    /// The disk does not take records; the system's text.
    case suspended(String)
    /// It takes them again; so many events were lost meanwhile.
    case resumed(lost: UInt64)
  }

  private struct State {
    var options: Options
    var waiting: [LogItem] = []
    var bytes = 0
    /// Events that were lost since the last record.
    var gap: (count: UInt64, cause: String)?
    var lost: UInt64 = 0
    var lostWhileSuspended: UInt64 = 0
    var recorded: UInt64 = 0
    /// Why the disk does not take records.
    var problem: String?
    var retryAt = Deadline.never
    var syncAt = Deadline.never
    var trimAt = Deadline.after(milliseconds: trimInterval)
    var isWriting = false
    var isStopping = false
    var hasStopped = false
  }

  /// What the thread is to do next.
  private enum Step {
    case write([LogItem], Sync)
    case sync
    case trim
    case stop
  }

  private static let trimInterval = 1_000
  /// The log that it writes to.
  public let log: EventLog
  private let now: @Sendable () -> Int64
  private let onChange: @Sendable (Change) -> Void
  private let state: Monitor<State>

  /// Starts to write.
  ///
  /// - Parameters:
  ///   - log: Nobody else appends to it.
  ///   - options: How to work.
  ///   - now: The wall clock, nanoseconds since 1970-01-01 UTC.
  ///   - onChange: Told on the recorder's thread, under no lock.
  /// - Throws: The system's error when it has no thread to give.
  public init(
    log: EventLog, options: Options = Options(),
    now: @escaping @Sendable () -> Int64 = { LogTime.now() },
    onChange: @escaping @Sendable (Change) -> Void = { _ in }
  ) throws(SystemError) {
    self.log = log
    self.now = now
    self.onChange = onChange
    state = Monitor(State(options: options))
    try Thread(name: "dvt-recorder") { [self] in run() }.detach()
  }

  // MARK: Recording

  /// Records an event soon. Waits while `memory` is full and the disk works; while it does not, such an event is lost.
  ///
  /// - Parameter entry: The event.
  /// - Returns: Whether it will be written.
  @discardableResult
  public func record(_ entry: EventEntry) -> Bool {
    let item = LogItem(.event(entry), time: now())
    guard item.size <= log.bounds.recordBytes else {
      lose(1, "larger than a record may be")
      return false
    }
    let isTaken = state.wait(until: .never) { state -> Bool? in
      if state.bytes + item.size <= state.options.memory || state.waiting.isEmpty {
        Self.closeGap(&state, time: item.time)
        Self.add(item, to: &state)
        state.recorded += 1
        return true
      }
      return state.problem != nil || state.isStopping ? false : nil
    }
    guard isTaken == true else {
      lose(1, state.withLock { $0.problem } ?? "the host was stopping")
      return false
    }
    wake()
    return true
  }

  /// Notes that events are missing before the next one.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - cause: Why, in a few words.
  public func lose(_ count: UInt64, _ cause: String) {
    state.update { state in
      state.lost += count
      if state.problem != nil { state.lostWhileSuspended += count }
      state.gap = ((state.gap?.count ?? 0) + count, state.gap?.cause ?? cause)
    }
  }

  private static func add(_ item: LogItem, to state: inout State) {
    state.waiting.append(item)
    state.bytes += item.size
  }

  private static func closeGap(_ state: inout State, time: Int64) {
    guard let gap = state.gap else { return }
    add(LogItem(.gap(count: gap.count, cause: gap.cause), time: time), to: &state)
    state.gap = nil
  }

  private func wake() { state.update { _ in } }

  /// How it works; takes effect at once.
  public var options: Options {
    get { state.withLock { $0.options } }
    set { state.update { $0.options = newValue } }
  }

  // MARK: What became of it

  /// Events that it took since it was started.
  public var recorded: UInt64 { state.withLock { $0.recorded } }

  /// Events that are missing in the log since it was started.
  public var lost: UInt64 { state.withLock { $0.lost } }

  /// Why the disk does not take records now; `nil` while it does.
  public var problem: String? { state.withLock { $0.problem } }

  /// Waits until everything that was recorded is written and forced to the disk.
  ///
  /// - Returns: Whether it was by the deadline.
  public func flush(until deadline: Deadline) -> Bool {
    state.update { $0.syncAt = .after(milliseconds: 0) }
    return state.wait(until: deadline) { state in
      state.waiting.isEmpty && !state.isWriting && state.syncAt == .never ? true : nil
    } ?? false
  }

  /// Writes what waits, forces it to the disk, and ends the thread. What cannot be written by the deadline is lost.
  ///
  /// - Returns: Whether everything was written.
  @discardableResult
  public func stop(until deadline: Deadline) -> Bool {
    state.update { state in
      Self.closeGap(&state, time: now())
      state.retryAt = .after(milliseconds: 0)
    }
    let isDone = flush(until: deadline)
    state.update { $0.isStopping = true }
    _ = state.wait(until: .after(milliseconds: 1_000)) { $0.hasStopped ? true : nil }
    return isDone
  }

  // MARK: The thread

  private func run() {
    while true {
      switch next() {
      case .write(let items, let sync): write(items, sync)
      case .sync: forceToDisk()
      case .trim: trim()
      case .stop:
        state.update { $0.hasStopped = true }
        return
      }
    }
  }

  private func next() -> Step {
    while true {
      let wakeAt = state.withLock { state in
        state.problem == nil
          ? min(state.trimAt, state.syncAt) : min(state.trimAt, state.retryAt)
      }
      let step = state.wait(until: wakeAt) { state -> Step? in
        if state.isStopping { return .stop }
        let mayWrite = state.problem == nil || state.retryAt.hasPassed
        if !state.waiting.isEmpty, mayWrite {
          defer {
            state.waiting = []
            state.isWriting = true
          }
          return .write(state.waiting, state.options.sync)
        }
        if state.syncAt.hasPassed, mayWrite { return .sync }
        if state.trimAt.hasPassed { return .trim }
        return nil
      }
      if let step { return step }
    }
  }

  private func write(_ items: [LogItem], _ sync: Sync) {
    var rest = items[...]
    do throws(SystemError) {
      try log.append(&rest, durable: sync != .never)
      if sync == .eachBatch { try log.sync() }
      succeeded(items.reduce(0) { $0 + $1.size }, sync)
    } catch {
      let left = Array(rest)
      failed(error, left, done: items.dropLast(left.count).reduce(0) { $0 + $1.size })
    }
  }

  private func succeeded(_ bytes: Int, _ sync: Sync) {
    let resumed = state.update { state -> UInt64? in
      state.isWriting = false
      state.bytes -= bytes
      if case .after(let milliseconds) = sync, state.syncAt == .never {
        state.syncAt = .after(milliseconds: milliseconds)
      }
      guard state.problem != nil else { return nil }
      defer {
        state.problem = nil
        state.lostWhileSuspended = 0
      }
      return state.lostWhileSuspended
    }
    if let resumed { onChange(.resumed(lost: resumed)) }
  }

  private func failed(_ error: SystemError, _ left: [LogItem], done bytes: Int) {
    let isNew = state.update { state in
      state.isWriting = false
      state.bytes -= bytes
      state.waiting = left + state.waiting
      state.retryAt = .after(milliseconds: state.options.retry)
      defer { state.problem = "\(error)" }
      return state.problem == nil
    }
    if isNew { onChange(.suspended("\(error)")) }
  }

  private func forceToDisk() {
    state.withLock { $0.syncAt = .never }
    do throws(SystemError) {
      try log.sync()
      state.update { _ in }
    } catch {
      failed(error, [], done: 0)
      state.update { $0.syncAt = $0.retryAt }
    }
  }

  private func trim() {
    state.withLock { $0.trimAt = .after(milliseconds: Self.trimInterval) }
    // What cannot be removed now is tried again, and fails the next write when there is no room.
    try? log.trim(now: now())
  }
}
