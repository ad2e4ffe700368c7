import HostSupport
import Synchronization

/// Knows when records expire, and has them removed then.
///
/// A record that was written again is noted again; the former note is found to be wrong when its time comes.
///
/// Threading: any thread.
final class Sweeper: Sendable {
  /// Removes records whose time is over; records that were changed since are among them.
  typealias Remove = @Sendable ([MetadataRecord]) -> Void

  private struct State {
    var entries = SortedTree<ExpiryEntry>()
    var isStopped = false

    var earliest: Int64? {
      var moment: Int64?
      entries.forEach { entry in
        moment = entry.moment
        return false
      }
      return moment
    }
  }

  /// The most records of one transaction.
  private static let portion = 1000
  /// Nanoseconds until what could not be removed is tried again.
  private static let shortestPause: Int64 = 50_000_000
  private static let longestPause: Int64 = 60_000_000_000
  /// The clock that expiries are told by may be set: it is looked at this often.
  private static let longestWait = 30_000
  private let state = Monitor(State())
  private let thread = Mutex<Thread?>(nil)

  /// Notes those records that expire, and starts the thread that has them removed.
  func note(_ records: some Sequence<MetadataRecord>, remove: @escaping Remove) {
    let expiring = records.filter { $0.block.header.expires != .max }
    guard !expiring.isEmpty else { return }
    state.update { state in
      for record in expiring {
        let entry = ExpiryEntry(moment: record.block.header.expires, record: record)
        state.entries.insert(entry, ExpiryPosition(entry))
      }
    }
    thread.withLock { thread in
      guard thread == nil else { return }
      // When the system has no thread to give, records stay until the next one is noted.
      thread = try? Thread(name: "meta-expire") { [state] in
        while let due = Self.awaitDue(state) { if !due.isEmpty { remove(due) } }
      }
    }
  }

  /// Notes a record that could not be removed, to be tried again: ever more seldom, the longer it is overdue.
  func postpone(_ record: MetadataRecord) {
    let now = LogTime.now()
    let overdue = now &- record.block.header.expires
    let pause = min(max(overdue, Self.shortestPause), Self.longestPause)
    let entry = ExpiryEntry(moment: now + pause, record: record)
    state.update { state in
      _ = state.entries.insert(entry, ExpiryPosition(entry))
    }
  }

  /// How many records wait for their time, with those that were written again since.
  var count: Int { state.withLock { $0.entries.count } }

  /// Ends the thread.
  func stop() {
    state.update { $0.isStopped = true }
    thread.withLock { $0.take() }?.joinUnlessCurrent()
  }

  /// Waits for the first moment, or until another one is first.
  ///
  /// - Returns: What is due, which may be nothing; `nil` when stopped.
  private static func awaitDue(_ state: Monitor<State>) -> [MetadataRecord]? {
    let first = state.withLock(\.earliest)
    let left = first.map { Int(clamping: max(0, $0 &- LogTime.now()) / 1_000_000) + 1 }
    let deadline = Deadline.after(milliseconds: min(left ?? longestWait, longestWait))
    let isStopped = state.wait(until: deadline) { state -> Bool? in
      if state.isStopped { return true }
      return state.earliest == first ? nil : false
    }
    return isStopped == true ? nil : state.withLock { takeDue(&$0) }
  }

  private static func takeDue(_ state: inout State) -> [MetadataRecord] {
    let now = LogTime.now()
    var due: [ExpiryEntry] = []
    state.entries.forEach { entry in
      guard entry.moment <= now, due.count < portion else { return false }
      due.append(entry)
      return true
    }
    for entry in due { state.entries.remove(ExpiryPosition(entry)) }
    return due.map(\.record)
  }
}
