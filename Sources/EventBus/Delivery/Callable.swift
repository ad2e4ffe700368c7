public import CHostSupport
import Glibc
public import HostSupport

/// Something of an owner's that the host can call: an event handler, a service, a timer, a lifecycle step.
///
/// A call runs with a hazard pointer, under the crash guard, and waits at the owner's gate. The record is freed by epoch,
/// after the last reference is gone. Threading: every method may be called from any thread.
@safe public final class Callable: @unchecked Sendable {
  /// How the end of a callable came about.
  public enum Ending: Sendable, Equatable {
    /// No call happens or is happening.
    case ended
    /// No further call starts; one that runs waits for the caller, or takes longer than the deadline.
    case pending
  }

  // Safe: the record lives until `deinit`, and from there to the end of the epoch; its mutable fields are atomics.
  /// The record; between pin and unpin it is not freed.
  public let entry: UnsafeMutablePointer<hs_entry>
  /// Whose it is.
  public let owner: Owner
  /// Handles several events in one call; `nil` where there is no such handler. Set before anybody calls.
  var batch: hs_batch_handler?
  private let keepAlive: AnyObject?
  private let counter: UInt32
  private let counted: UInt64
  private let label: UnsafeMutablePointer<CChar>?

  /// Makes a callable that is live at once.
  ///
  /// - Parameters:
  ///   - owner: Whose code it is.
  ///   - inPlugin: Whether `call` is plugin code: a trap in the host's own code is never contained.
  ///   - label: What it is, for crash reports, where it brings its own thunk: "service 's3.put'".
  ///   - keepAlive: Released when nobody can call any more.
  ///   - context: First argument of `call`.
  ///   - call: The event handler; `nil` for what brings its own thunk.
  /// - Precondition: There is memory for the record.
  public init(
    owner: Owner, inPlugin: Bool, label: String? = nil, keepAlive: AnyObject? = nil,
    context: UnsafeMutableRawPointer? = nil, call: hs_handler? = nil
  ) {
    let counter = CounterIndex.take()
    guard
      let entry = unsafe hs_entry_create(
        owner.record, inPlugin ? HS_SIDE_PLUGIN : HS_SIDE_HOST, counter, call, context)
    else { preconditionFailure("no memory for a registration of \(owner)") }
    unsafe self.entry = unsafe entry
    self.owner = owner
    self.keepAlive = keepAlive
    self.counter = counter
    counted = hs_counter_sum(counter)
    unsafe self.label = label.flatMap { unsafe strdup($0) }
    if let label = unsafe self.label { unsafe hs_entry_set_label(entry, label) }
  }

  deinit {
    unsafe Reclaimer.shared.free(UnsafeMutableRawPointer(entry), keeping: keepAlive)
    if let label = unsafe label { unsafe Reclaimer.shared.free(label) }
    CounterIndex.give(counter)
  }

  /// Calls that were made so far.
  public var calls: UInt64 { hs_counter_sum(counter) &- counted }

  /// Whether calls may start.
  public var isLive: Bool { unsafe hs_entry_state(entry) == HS_LIVE }

  /// Makes a call and waits for it.
  ///
  /// - Parameters:
  ///   - patience: Nanoseconds to wait at a closed gate.
  ///   - argument: Given to `thunk`.
  ///   - thunk: Makes the call; runs at most once.
  /// - Returns: The thunk's code, or one of `CallFailure`'s.
  public func call(
    patience: UInt64, _ argument: UnsafeMutableRawPointer?,
    _ thunk: @convention(c) (UnsafeMutableRawPointer?) -> Int32
  ) -> CallResult {
    var fault: Int32 = 0
    let code = unsafe hs_call(entry, thunk, argument, patience, &fault)
    return CallResult(code: code, fault: fault)
  }

  /// The subscription that it handles events for, if it does; it lives as long as a call may be made.
  var subscription: Subscription? {
    guard let user = unsafe hs_entry_user(entry) else { return nil }
    return unsafe Unmanaged<Subscription>.fromOpaque(user).takeUnretainedValue()
  }

  /// Times the next call.
  func timeNext() { unsafe hs_entry_time_next(entry) }

  func setState(_ state: UInt32) { unsafe hs_entry_set_state(entry, state) }

  func move(to successor: Callable?) { unsafe hs_entry_move(entry, successor?.entry) }

  /// Ends it: no further call starts, and calls in progress are waited for.
  ///
  /// - Parameter deadline: When to stop waiting.
  /// - Returns: `.pending` from inside its own call, in a cycle of waits, or when the deadline passed.
  public func end(until deadline: Deadline) -> Ending {
    setState(HS_DEAD)
    return awaitEnd(until: deadline)
  }

  /// Waits for calls in progress of a callable that is dead already.
  func awaitEnd(until deadline: Deadline) -> Ending {
    hs_barrier()
    guard unsafe hs_entry_calls(entry, nil) != 0 else { return .ended }
    unsafe hs_wait_mark(entry)
    defer { hs_wait_mark(nil) }
    var pause = Backoff()
    while true {
      hs_barrier()
      if unsafe hs_wait_would_deadlock(entry) != 0 { return .pending }
      if unsafe hs_entry_calls(entry, nil) == 0 { return .ended }
      if deadline.hasPassed { return .pending }
      pause.wait()
    }
  }

  /// Whether a call is in progress on any thread.
  public var isRunning: Bool { Self.running(of: [self]) == [true] }

  /// The same for each of several, with one barrier.
  static func running(of callables: [Callable]) -> [Bool] {
    hs_barrier()
    return callables.map { unsafe hs_entry_calls($0.entry, nil) != 0 }
  }
}
