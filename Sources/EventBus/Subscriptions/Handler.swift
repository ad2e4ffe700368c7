public import CHostSupport

/// The function that receives a subscription's events.
@safe public struct Handler: @unchecked Sendable {
  // Safe: whoever made the handler promises that `call` may be made from any thread with `context`.
  let call: hs_handler
  let context: UnsafeMutableRawPointer?
  let keepAlive: AnyObject?
  let inPlugin: Bool
  /// Handles several events at once; `nil` where it does not.
  let batch: hs_batch_handler?
  private let unwantedTally: Tally?

  /// Says whether an event is wanted: 0 = no. Takes the handler's context.
  public typealias Question = @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?) -> Int32

  /// Whether it is asked before each call.
  var isAsked: Bool { unwantedTally != nil }

  /// Events that `wants` kept from the handler.
  var unwanted: UInt64 { unwantedTally?.value ?? 0 }

  /// A C function and its context.
  ///
  /// - Parameters:
  ///   - context: First argument of `call`; valid until the subscription has ended.
  ///   - inPlugin: Whether it is plugin code, to be guarded.
  ///   - wants: Asked before each call, in the same guard and on the same thread; `nil` for every event.
  ///   - batch: The same for several events; not asked `wants`.
  ///   - call: Takes the context, the event and the thread's error sink.
  public init(
    context: UnsafeMutableRawPointer?, inPlugin: Bool, wants: Question? = nil,
    batch: hs_batch_handler? = nil, call: @escaping hs_handler
  ) {
    self.inPlugin = inPlugin
    unsafe self.batch = unsafe wants == nil ? batch : nil
    guard let wants = unsafe wants else {
      unsafe self.call = unsafe call
      unsafe self.context = unsafe context
      keepAlive = nil
      unwantedTally = nil
      return
    }
    let tally = Tally()
    let wanted = unsafe Wanted(
      hs_wanted(wants: wants, call: call, context: context, unwanted: tally.index))
    unsafe self.call = hs_call_if_wanted
    unsafe self.context = unsafe UnsafeMutableRawPointer(wanted.record)
    keepAlive = wanted
    unwantedTally = tally
  }

  /// The record of a handler with a question.
  @safe private final class Wanted: @unchecked Sendable {
    // Safe: written once, freed when nobody can call any more.
    let record: UnsafeMutablePointer<hs_wanted>

    init(_ wanted: hs_wanted) {
      unsafe record = .allocate(capacity: 1)
      unsafe record.initialize(to: wanted)
    }

    deinit { unsafe record.deallocate() }
  }

  /// A closure of the host's own.
  ///
  /// - Parameter body: Receives the borrowed event; returns 0, or a code that fails the delivery.
  public init(_ body: @escaping @Sendable (UnsafeMutableRawPointer?) -> Int32) {
    let box = unsafe Box(body)
    keepAlive = box
    inPlugin = false
    unsafe batch = nil
    unwantedTally = nil
    unsafe context = Unmanaged.passUnretained(box).toOpaque()
    unsafe call = { context, event, _ in
      guard let context = unsafe context else { return 0 }
      return unsafe Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().body(event)
    }
  }

  @safe private final class Box: Sendable {
    let body: @Sendable (UnsafeMutableRawPointer?) -> Int32

    init(_ body: @escaping @Sendable (UnsafeMutableRawPointer?) -> Int32) {
      unsafe self.body = unsafe body
    }
  }

  func callable(of owner: Owner, user: AnyObject) -> Callable {
    let callable = unsafe Callable(
      owner: owner, inPlugin: inPlugin, keepAlive: KeptPair(keepAlive, user), context: context,
      call: call)
    unsafe hs_entry_set_user(callable.entry, Unmanaged.passUnretained(user).toOpaque())
    unsafe callable.batch = batch
    return callable
  }
}
