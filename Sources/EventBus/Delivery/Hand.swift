import CHostSupport
import Synchronization

/// The events that a worker took from a queue at once, and what it shares with publishers beside the queue's lock.
///
/// They still wait: whoever claims one has it, the worker or a publisher that needs its place.
@safe final class Hand: @unchecked Sendable {
  // Safe: `held` changes under the queue's lock and by the one worker that serves; it reads it without, as nobody else changes
  // it meanwhile. An item is moved out by whom the counter gave its number, and by nobody else.
  typealias Item = DeliveryQueue.Item

  private struct Held {
    var buffer = ItemBuffer()
    var count = 0
  }

  /// Fewer events than this are a small hand.
  private static let small = 8
  /// Where the part of an event begins that every delivery looks at, in bytes.
  private static let lookedAt = 128

  private let held = UnsafeMutablePointer<Held>.allocate(capacity: 1)
  private let claimed = Atomic<Int>(0)
  private let isAwaited = Atomic<Bool>(false)
  private let isPushed = Atomic<Bool>(false)

  init() { unsafe held.initialize(to: Held()) }

  /// Everything in it was claimed.
  deinit {
    unsafe held.pointee.buffer.free()
    unsafe held.deinitialize(count: 1)
    unsafe held.deallocate()
  }

  /// Claims the oldest event.
  func next() -> Item? {
    let index = claimed.add(1, ordering: .sequentiallyConsistent).oldValue
    guard unsafe index < held.pointee.count else { return nil }
    return unsafe held.pointee.buffer.place(index).move()
  }

  // MARK: The worker

  /// Lets the processor fetch what comes after the event that was claimed last.
  func prefetch() {
    let index = claimed.load(ordering: .relaxed) + 1
    guard unsafe index < held.pointee.count else { return }
    unsafe hs_prefetch(held.pointee.buffer.place(index).pointee.event + Self.lookedAt)
  }

  /// Whether there were few in it.
  var wasSmall: Bool { unsafe held.pointee.count < Self.small }

  /// Takes all events of a buffer, under the queue's lock; what it held was claimed.
  func fill(from buffer: inout ItemBuffer) {
    unsafe held.pointee.buffer.clear()
    unsafe swap(&held.pointee.buffer, &buffer)
    unsafe held.pointee.count = unsafe held.pointee.buffer.count
    claimed.store(0, ordering: .sequentiallyConsistent)
  }

  // MARK: Under the queue's lock

  /// Events that nobody has claimed.
  var count: Int {
    unsafe max(0, held.pointee.count - claimed.load(ordering: .sequentiallyConsistent))
  }

  /// When the oldest event that nobody has claimed was made.
  var since: UInt64? {
    let index = claimed.load(ordering: .sequentiallyConsistent)
    return unsafe index < held.pointee.count ? held.pointee.buffer.place(index).pointee.since : nil
  }

  /// Puts what nobody has claimed at the head of a buffer.
  func empty(into buffer: inout ItemBuffer) {
    let first = claimed.exchange(Int.max / 2, ordering: .sequentiallyConsistent)
    let count = unsafe held.pointee.count
    guard first < count else { return }
    for index in stride(from: count - 1, through: first, by: -1) {
      buffer.prepend(unsafe held.pointee.buffer.place(index).move())
    }
  }

  // MARK: Between the worker and publishers

  /// A publisher is about to look whether there is room, and to sleep when there is none.
  func awaitRoom() { isAwaited.store(true, ordering: .sequentiallyConsistent) }

  /// Whether a publisher may sleep, once.
  func takeAwaited() -> Bool {
    guard isAwaited.load(ordering: .sequentiallyConsistent) else { return false }
    return isAwaited.exchange(false, ordering: .sequentiallyConsistent)
  }

  /// Whether an event came since the worker found none.
  var wasPushed: Bool {
    get { isPushed.load(ordering: .relaxed) }
    set { isPushed.store(newValue, ordering: .relaxed) }
  }
}
