import EventBus
import Synchronization

/// An event of the tests: who published it, and its number there.
@safe struct TestEvent: ~Copyable {
  // Safe: a publisher keeps the ledger while it publishes, and each copy holds a reference.
  var sequence: UInt64 = 0
  var redelivered = false
  var attempt = 1
  /// Routes that took it.
  var hops = 0
  let publisher: Int
  let number: Int
  let references = Atomic<Int>(1)
  /// What the bus may ask for; the key is the extension attribute `partitionkey`.
  var subject: StaticString = ""
  var key: StaticString = ""
  var json: StaticString = ""
  private let ledger: Unmanaged<Ledger>

  init(publisher: Int = 0, number: Int, ledger: Ledger) {
    self.publisher = publisher
    self.number = number
    unsafe self.ledger = Unmanaged.passUnretained(ledger)
  }

  /// What a handler keeps of an event.
  struct Seen: Equatable, Sendable {
    var publisher = 0
    var number: Int
    var sequence: UInt64 = 0
    var redelivered = false
    var attempt = 1
  }

  static func seen(_ event: UnsafeMutableRawPointer?) -> Seen {
    guard let event = unsafe event?.assumingMemoryBound(to: TestEvent.self) else {
      preconditionFailure("an event is missing")
    }
    let alive = unsafe event.pointee.references.load(ordering: .sequentiallyConsistent) > 0
    precondition(alive, "a handler got an event that was released")
    return unsafe Seen(
      publisher: event.pointee.publisher, number: event.pointee.number,
      sequence: event.pointee.sequence, redelivered: event.pointee.redelivered,
      attempt: event.pointee.attempt)
  }

  private static func copy(_ event: UnsafeMutablePointer<TestEvent>) -> UnsafeMutableRawPointer {
    let ledger = unsafe event.pointee.ledger.takeUnretainedValue()
    ledger.noteCopy()
    let copy = UnsafeMutablePointer<TestEvent>.allocate(capacity: 1)
    unsafe copy.initialize(
      to: TestEvent(
        publisher: event.pointee.publisher, number: event.pointee.number, ledger: ledger))
    _ = unsafe copy.pointee.ledger.retain()
    unsafe copy.pointee.sequence = unsafe event.pointee.sequence
    unsafe copy.pointee.redelivered = unsafe event.pointee.redelivered
    unsafe copy.pointee.attempt = unsafe event.pointee.attempt
    unsafe copy.pointee.hops = unsafe event.pointee.hops
    unsafe copy.pointee.subject = unsafe event.pointee.subject
    unsafe copy.pointee.key = unsafe event.pointee.key
    unsafe copy.pointee.json = unsafe event.pointee.json
    return UnsafeMutableRawPointer(copy)
  }

  private static func bytes(
    of event: UnsafeMutableRawPointer?, _ attribute: EventAttribute
  ) -> UnsafeRawBufferPointer? {
    guard let event = unsafe event?.assumingMemoryBound(to: TestEvent.self) else { return nil }
    let text: StaticString
    switch attribute {
    case .subject: text = unsafe event.pointee.subject
    case .extension("partitionkey"): text = unsafe event.pointee.key
    case .data: text = unsafe event.pointee.json
    default: return nil
    }
    guard text.utf8CodeUnitCount > 0 else { return nil }
    return unsafe UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  private static func release(_ event: UnsafeMutablePointer<TestEvent>) {
    let left = unsafe event.pointee.references.subtract(1, ordering: .sequentiallyConsistent)
    precondition(left.newValue >= 0, "an event was released more often than retained")
    guard left.newValue == 0 else { return }
    let ledger = unsafe event.pointee.ledger.takeRetainedValue()
    unsafe event.deallocate()
    ledger.noteFree()
  }

  static let layout = unsafe EventLayout(
    stamp: { event, sequence in
      unsafe event?.assumingMemoryBound(to: TestEvent.self).pointee.sequence = sequence
    },
    copy: { event in
      guard let event = unsafe event?.assumingMemoryBound(to: TestEvent.self) else { return nil }
      return unsafe TestEvent.copy(event)
    },
    retain: { event in
      _ = unsafe event?.assumingMemoryBound(to: TestEvent.self).pointee.references.add(
        1, ordering: .sequentiallyConsistent)
    },
    release: { event in
      guard let event = unsafe event?.assumingMemoryBound(to: TestEvent.self) else { return }
      unsafe TestEvent.release(event)
    },
    size: { _ in MemoryLayout<TestEvent>.size },
    setAttempt: { event, attempt in
      unsafe event?.assumingMemoryBound(to: TestEvent.self).pointee.attempt = Int(attempt)
    },
    attribute: { event, attribute in unsafe TestEvent.bytes(of: event, attribute) },
    forward: { event, _ in
      guard let event = unsafe event?.assumingMemoryBound(to: TestEvent.self) else {
        return .stopped
      }
      let copy = unsafe TestEvent.copy(event)
      unsafe copy.assumingMemoryBound(to: TestEvent.self).pointee.hops += 1
      if unsafe copy.assumingMemoryBound(to: TestEvent.self).pointee.hops <= 3 {
        return unsafe .copy(copy)
      }
      unsafe TestEvent.release(copy.assumingMemoryBound(to: TestEvent.self))
      return .stopped
    },
    markRedelivered: { event in
      guard let event = unsafe event?.assumingMemoryBound(to: TestEvent.self) else { return }
      unsafe event.pointee.redelivered = true
      unsafe event.pointee.ledger.takeUnretainedValue().noteMark()
    })
}
