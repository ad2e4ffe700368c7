public import CHostSupport
import Synchronization

/// A topic: its dispatch table and its sequence.
///
/// One that was opened by handle lasts as long as its bus; others may be forgotten once nobody refers to them. Threading:
/// `publish` from any thread; the rest under the bus's lock.
@safe public final class Topic: @unchecked Sendable {
  // Safe: the record lives until `deinit`, and from there to the end of the epoch; its tables are atomic and its name
  // immutable; the rest is atomic or changes under the bus's lock.
  /// The record that publishing takes.
  public var record: UnsafeMutablePointer<hs_topic> { unsafe memory.record }
  /// Whether an event would reach a handler, a queue or an interceptor now; costs no lock.
  public var isHeard: Bool { unsafe hs_topic_is_heard(record) != 0 }
  private let memory: TopicRecord
  /// The topic's name.
  public let name: String
  let figures = TopicFigures()
  /// Whether the bus keeps it for good. Where not, whoever keeps the record must keep the topic too.
  let lasts = Atomic(false)
  /// Publishers that keep the record; while there is one the topic stays.
  private let pins = Atomic(0)
  /// When it was last asked for by name: a number that grows. Under the bus's lock.
  var lastUse: UInt64 = 0

  init(name: String, hooks: UnsafePointer<hs_hooks>) {
    unsafe memory = TopicRecord(name, hooks)
    self.name = name
    unsafe hs_topic_set_user(record, Unmanaged.passUnretained(self).toOpaque())
  }

  // A thread that is inside of it may still read the record.
  deinit { Reclaimer.shared.release(memory) }

  /// Lets the bus forget the topic again, as far as `EventBus.pinnedTopic` is concerned.
  public func unpin() { pins.subtract(1, ordering: .relaxed) }

  func pin() { pins.add(1, ordering: .relaxed) }

  /// Whether nothing but its name would be lost.
  var isForgettable: Bool {
    !lasts.load(ordering: .relaxed) && pins.load(ordering: .relaxed) == 0
  }

  /// The topic of a record, where the bus does not keep it for good: whoever keeps the record keeps it too.
  static func toKeep(with record: UnsafePointer<hs_topic>?) -> Topic? {
    guard let user = unsafe record.flatMap({ unsafe hs_topic_user($0) }) else { return nil }
    return unsafe Unmanaged<Topic>.fromOpaque(user)._withUnsafeGuaranteedRef {
      $0.lasts.load(ordering: .relaxed) ? nil : $0
    }
  }

  /// The topic that a record is of.
  ///
  /// - Parameter record: Of a topic that is in use.
  /// - Returns: `nil` for no record.
  public static func of(_ record: UnsafePointer<hs_topic>?) -> Topic? {
    guard let user = unsafe record.flatMap({ unsafe hs_topic_user($0) }) else { return nil }
    return unsafe Unmanaged<Topic>.fromOpaque(user).takeUnretainedValue()
  }

  /// A counter of one publisher's events; they count as the topic's. `retire` it at its end.
  public func makeTally() -> Tally { figures.makeTally() }

  /// Keeps what a publisher counted, which counts no more.
  public func retire(_ tally: Tally) { figures.retire(tally) }

  /// Events that were published.
  public var published: UInt64 { figures.published }
  /// Events given to handlers, queues and filters: one published to three counts three. A few that were under way while a
  /// subscription came or went may be missing or too many.
  public var delivered: UInt64 { figures.delivered }
  /// Deliveries that failed.
  public var failed: UInt64 { figures.failed.value }
  /// Attempts after the first that were arranged.
  public var retried: UInt64 { figures.retried.value }
  /// Events that a full queue or an ended subscription dropped.
  public var dropped: UInt64 { figures.dropped.value }
  /// Events that were given up.
  public var dead: UInt64 { figures.dead.value }
  /// Events that did not fit what was declared of the topic; one that did not fit twice counts twice.
  public var violations: UInt64 { figures.violations.value }

  /// Number of the last event that was numbered; 0 when none was.
  public var sequence: UInt64 { unsafe hs_topic_sequence(record) }

  /// Delivers an event to all handlers. Sync handlers have run when it returns.
  ///
  /// - Parameter event: Borrowed; the bus may write its sequence number.
  /// - Returns: `nil`, or why some handler was left out.
  public func publish(_ event: UnsafeMutableRawPointer?) -> CallFailure? {
    figures.direct.note()
    let code = unsafe hs_publish(record, event)
    return code == 0 ? nil : CallFailure(rawValue: code)
  }

  /// Delivers an event to all handlers, past the interceptors and routes that stand before them.
  ///
  /// - Parameter event: Borrowed; the bus may write its sequence number.
  /// - Returns: `nil`, or why some handler was left out.
  public func publishBehind(_ event: UnsafeMutableRawPointer?) -> CallFailure? {
    guard hasBehind.load(ordering: .acquiring) else { return unsafe publish(event) }
    figures.direct.note()
    let code = unsafe hs_publish_behind(record, event)
    return code == 0 ? nil : CallFailure(rawValue: code)
  }

  /// Whether somebody stood before the handlers once.
  private let hasBehind = Atomic(false)
  /// Who stands before the handlers; the tables do not keep it.
  private var checkpoint: Callable?

  /// Replaces the handlers, and who stands before them.
  func install(_ entries: [Callable], sequenced: Bool, behind checkpoint: Callable?) {
    defer { self.checkpoint = checkpoint }
    figures.noteHandlers(entries.count)
    if checkpoint != nil || hasBehind.load(ordering: .relaxed) {
      let behind = unsafe table(of: entries, sequenced: sequenced)
      if let former = unsafe hs_topic_swap_behind(record, behind) {
        unsafe Reclaimer.shared.free(UnsafeMutableRawPointer(former))
      }
      hasBehind.store(true, ordering: .releasing)
    }
    let table =
      if let checkpoint {
        unsafe table(of: [checkpoint], sequenced: false)
      } else {
        unsafe table(of: entries, sequenced: sequenced)
      }
    if let former = unsafe hs_topic_swap(record, table) {
      unsafe Reclaimer.shared.free(UnsafeMutableRawPointer(former))
    }
  }

  /// Whether a callable that ended stands in one of the tables. Under the bus's lock.
  var hasDead: Bool { unsafe hs_topic_has_dead(record) != 0 }

  private func table(
    of entries: [Callable], sequenced: Bool
  ) -> UnsafeMutablePointer<hs_table> {
    guard let table = unsafe hs_table_create(UInt64(entries.count), sequenced ? 1 : 0) else {
      preconditionFailure("no memory for the handlers of topic \(name)")
    }
    for (index, callable) in entries.enumerated() {
      unsafe hs_table_set(table, UInt64(index), callable.entry)
    }
    return unsafe table
  }
}
