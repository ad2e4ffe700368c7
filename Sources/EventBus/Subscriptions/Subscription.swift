import CHostSupport
import Synchronization

/// One registration of a handler. Owner's name and own name together outlive a reload.
///
/// Threading: mutable parts are touched under the bus's lock only.
public final class Subscription: @unchecked Sendable {
  // Safe: `standing`, `direct`, `entrance` and `queue` change under the lock of the bus; the rest is immutable.
  enum Standing { case shadow, active, suspended, ended }

  /// Whose it is.
  public let owner: Owner
  /// Unique in its owner.
  public let name: String
  /// As it was asked for.
  public let options: SubscriptionOptions
  let handler: Handler
  /// Shared by all of its name.
  let figures: SubscriptionFigures
  unowned let bus: EventBus
  var ordinal: UInt64
  var standing: Standing
  /// Calls the handler: in the tables for plain sync, from the entrance or the queue for other delivery.
  var direct: Callable?
  /// In the tables where an event is looked at or queued before it is handled.
  var entrance: Callable?
  var queue: DeliveryQueue?
  let trial = Trial()
  private let unwanted: Tally?

  init(
    owner: Owner, name: String, options: SubscriptionOptions, handler: Handler,
    figures: SubscriptionFigures, bus: EventBus, ordinal: UInt64, standing: Standing
  ) {
    self.owner = owner
    self.name = name
    self.options = options
    self.handler = handler
    self.figures = figures
    self.bus = bus
    self.ordinal = ordinal
    self.standing = standing
    unwanted = options.conditions.isEmpty ? nil : Tally()
  }

  /// What stands in the dispatch tables.
  var tabled: Callable? { entrance ?? direct }

  /// Makes fresh callables (and a queue where it has none): it is about to serve.
  /// When `gated`, calls wait until the state of `direct` is set.
  func arm(adopting former: DeliveryQueue?, recorder: ProbationLog?, gated: Bool) {
    let direct = recorder?.callable(for: self) ?? handler.callable(of: owner, user: self)
    figures.times.note(direct)
    if gated { direct.setState(HS_GATED) }
    self.direct = direct
    standing = .active
    if options.delivery == .sync {
      if options.conditions.isEmpty, options.timeout == nil { return }
      entrance = Entrance(of: self, to: direct).makeCallable(owner: bus.hostOwner)
      return
    }
    let queue = former ?? queue ?? DeliveryQueue(bus: bus, figures: figures)
    queue.serve(with: direct, as: options, paused: gated)
    self.queue = queue
    entrance = Entrance(of: self, to: queue).makeCallable(owner: bus.hostOwner)
  }

  /// Calls of the handler that were made.
  public var delivered: UInt64 { bus.state.withLock { _ in direct }?.calls ?? 0 }

  /// Events that its conditions kept from the handler.
  public var filtered: UInt64 { (unwanted?.value ?? 0) + handler.unwanted }

  func noteFiltered() { unwanted?.count() }

  /// Whether no event is given to it because a call runs past its time limit, or one has just done so.
  public var isSuspended: Bool { trial.isSuspended }

  /// Events that wait in its queue.
  public var queued: Int { bus.state.withLock { _ in queue }?.count ?? 0 }
}
