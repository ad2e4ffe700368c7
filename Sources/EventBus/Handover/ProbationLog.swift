import CHostSupport
import Synchronization

/// The events that a new generation received since it took over, so that they can be delivered again to the old one.
///
/// Bounded in bytes: when it is full it stops and says so, and the reload is final. Threading: any thread.
@safe public final class ProbationLog: @unchecked Sendable {
  // Safe: everything mutable is inside `state`; a subscription's recorder lives as long as its callable.
  private struct State {
    var events: [String: [DeliveryQueue.Item]] = [:]
    var bytes = 0
    var deliveries: UInt64 = 0
    var failures: UInt64 = 0
    var isOpen = true
  }

  private let state = Mutex(State())
  private let layout: EventLayout
  private let limit: Int
  private let onFull: @Sendable () -> Void

  /// Starts a log.
  ///
  /// - Parameters:
  ///   - layout: Of the bus's events.
  ///   - limit: Most bytes to hold.
  ///   - onFull: Called once, on a publisher's thread, when the limit is reached.
  public init(layout: EventLayout, limit: Int, onFull: @escaping @Sendable () -> Void) {
    self.layout = layout
    self.limit = limit
    self.onFull = onFull
  }

  deinit { close() }

  /// Events delivered while the log was open.
  public var deliveries: UInt64 { state.withLock { $0.deliveries } }

  /// Lets go of everything and records no more.
  public func close() {
    let held = state.withLock { state in
      state.isOpen = false
      defer { state.events = [:] }
      return state.events
    }
    for items in held.values { for item in items { unsafe layout.release(item.event) } }
  }

  /// Takes the events that a subscription received, in order; the caller releases them.
  func take(_ name: String) -> [DeliveryQueue.Item] {
    state.withLock { $0.events.removeValue(forKey: name) ?? [] }
  }

  /// A callable that records each event and then runs the subscription's handler.
  func callable(for subscription: Subscription) -> Callable {
    let recorder = Recorder(log: self, subscription: subscription)
    let callable = unsafe Callable(
      owner: subscription.owner, inPlugin: subscription.handler.inPlugin,
      keepAlive: KeptPair(recorder, subscription),
      context: Unmanaged.passUnretained(recorder).toOpaque(),
      call: { context, event, sink in
        guard let context = unsafe context else { return 0 }
        let recorder = unsafe Unmanaged<Recorder>.fromOpaque(context).takeUnretainedValue()
        return unsafe recorder.run(event, sink)
      })
    unsafe hs_entry_set_user(
      callable.entry, Unmanaged.passUnretained(subscription).toOpaque())
    return callable
  }

  private func record(_ event: UnsafeMutableRawPointer?, for name: String) {
    guard state.withLock({ $0.isOpen }), let copy = unsafe layout.copy(event) else { return }
    let size = unsafe layout.size(copy)
    let topic = unsafe hs_publish_topic()
    let item = unsafe DeliveryQueue.Item(event: copy, topic: topic)
    let (kept, full) = state.withLock { state -> (Bool, Bool) in
      guard state.isOpen else { return (false, false) }
      guard state.bytes + size <= limit else {
        state.isOpen = false
        return (false, true)
      }
      state.bytes += size
      state.deliveries += 1
      state.events[name, default: []].append(item)
      return (true, false)
    }
    if !kept { unsafe layout.release(copy) }
    if full { onFull() }
  }

  /// What a recording callable points at.
  private final class Recorder: Sendable {
    private let log: ProbationLog
    private let name: String
    private let handler: Handler

    init(log: ProbationLog, subscription: Subscription) {
      self.log = log
      name = subscription.name
      handler = subscription.handler
    }

    /// The log is the host's code: a trap in it must not be taken for the plugin's.
    func run(_ event: UnsafeMutableRawPointer?, _ sink: UnsafeRawPointer?) -> Int32 {
      let side = hs_side_set(HS_SIDE_HOST)
      unsafe log.record(event, for: name)
      _ = hs_side_set(side)
      return unsafe handler.call(handler.context, event, sink)
    }
  }
}
