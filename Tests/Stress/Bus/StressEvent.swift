import EventBus
import Synchronization

/// An event of the model: it says which publish it is.
@safe struct StressEvent: ~Copyable {
  /// The publish: a publisher's numbers on a topic follow each other without a gap.
  struct Identity: Hashable, Sendable, CustomStringConvertible {
    let stream: Int
    let topic: Int
    let number: Int

    var description: String { "\(Topics.names[topic]) \(stream)/\(number)" }
  }

  /// What a handler sees.
  struct Seen: Sendable {
    let identity: Identity
    let sequence: UInt64
    let attempt: Int
    let hops: Int
    let isRedelivered: Bool
  }

  static let copies = Atomic<Int>(0)
  private static let alive: UInt64 = 0xA11_BE0E
  private static let freed: UInt64 = 0xDEAD_DEAD
  private static let subjects: [StaticString] = ["m0", "m1", "m2"]
  private static let keys: [StaticString] = ["k0", "k1", "k2", "k3", "k4"]

  private var life = alive
  private let references = Atomic<Int>(1)
  private let identity: Identity
  private var sequence: UInt64 = 0
  private var attempt = 1
  private var hops = 0
  private var isRedelivered = false

  init(_ identity: Identity) { self.identity = identity }

  /// The event's fields; ends the process when it was freed.
  static func seen(_ event: UnsafeRawPointer?) -> Seen {
    guard let event = unsafe event?.assumingMemoryBound(to: StressEvent.self) else {
      fatalError("a handler got no event")
    }
    let isAlive =
      unsafe event.pointee.life == alive
      && event.pointee.references.load(ordering: .relaxed) > 0
    guard isAlive else { fatalError("a handler got an event that was freed") }
    return unsafe Seen(
      identity: event.pointee.identity, sequence: event.pointee.sequence,
      attempt: event.pointee.attempt, hops: event.pointee.hops,
      isRedelivered: event.pointee.isRedelivered)
  }

  private static func event(
    _ pointer: UnsafeMutableRawPointer?
  ) -> UnsafeMutablePointer<StressEvent> {
    guard let event = unsafe pointer?.assumingMemoryBound(to: StressEvent.self) else {
      fatalError("the bus lost an event's address")
    }
    return unsafe event
  }

  private static func copy(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer {
    let seen = unsafe seen(pointer)
    let copy = UnsafeMutablePointer<StressEvent>.allocate(capacity: 1)
    unsafe copy.initialize(to: StressEvent(seen.identity))
    unsafe copy.pointee.sequence = seen.sequence
    unsafe copy.pointee.attempt = seen.attempt
    unsafe copy.pointee.hops = seen.hops
    unsafe copy.pointee.isRedelivered = seen.isRedelivered
    copies.add(1, ordering: .relaxed)
    return UnsafeMutableRawPointer(copy)
  }

  private static func release(_ pointer: UnsafeMutableRawPointer?) {
    let event = unsafe event(pointer)
    let left = unsafe event.pointee.references.subtract(1, ordering: .acquiringAndReleasing)
      .newValue
    guard left >= 0 else { fatalError("an event was released more often than retained") }
    guard left == 0 else { return }
    unsafe event.pointee.life = freed
    unsafe event.deallocate()
    copies.subtract(1, ordering: .relaxed)
  }

  private static func forward(_ pointer: UnsafeMutableRawPointer?) -> Forwarding {
    let copy = unsafe copy(pointer)
    unsafe event(copy).pointee.hops += 1
    return unsafe .copy(copy)
  }

  private static func text(
    _ attribute: EventAttribute, of pointer: UnsafeMutableRawPointer?
  ) -> StaticString? {
    let identity = unsafe seen(pointer).identity
    switch attribute {
    case .subject: return subjects[identity.number % subjects.count]
    // Of one key are all events of a stream and topic: their order is kept in lanes too.
    case .extension:
      return keys[(identity.stream * Topics.names.count + identity.topic) % keys.count]
    default: return nil
    }
  }

  static let layout = unsafe EventLayout(
    stamp: { unsafe StressEvent.event($0).pointee.sequence = $1 },
    copy: { unsafe StressEvent.copy($0) },
    retain: {
      unsafe StressEvent.event($0).pointee.references.add(1, ordering: .relaxed)
    },
    release: { unsafe StressEvent.release($0) },
    size: { _ in MemoryLayout<StressEvent>.size },
    setAttempt: { unsafe StressEvent.event($0).pointee.attempt = Int($1) },
    attribute: { event, attribute in
      unsafe StressEvent.text(attribute, of: event).map {
        unsafe UnsafeRawBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount)
      }
    },
    forward: { event, _ in unsafe StressEvent.forward(event) },
    markRedelivered: { unsafe StressEvent.event($0).pointee.isRedelivered = true })
}
