public import CHostSupport

/// The function that receives a subscription's events.
@safe public struct Handler: @unchecked Sendable {
  // Safe: whoever made the handler promises that `call` may be made from any thread with `context`.
  let call: hs_handler
  let context: UnsafeMutableRawPointer?
  let keepAlive: AnyObject?
  let inPlugin: Bool

  /// A C function and its context.
  ///
  /// - Parameters:
  ///   - context: First argument of `call`; valid until the subscription has ended.
  ///   - inPlugin: Whether it is plugin code, to be guarded.
  ///   - call: Takes the context, the event and the thread's error sink.
  public init(
    context: UnsafeMutableRawPointer?, inPlugin: Bool, call: @escaping hs_handler
  ) {
    unsafe self.call = unsafe call
    unsafe self.context = unsafe context
    self.inPlugin = inPlugin
    keepAlive = nil
  }

  /// A closure of the host's own.
  ///
  /// - Parameter body: Receives the borrowed event; returns 0, or a code that fails the delivery.
  public init(_ body: @escaping @Sendable (UnsafeMutableRawPointer?) -> Int32) {
    let box = unsafe Box(body)
    keepAlive = box
    inPlugin = false
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
    return callable
  }
}
