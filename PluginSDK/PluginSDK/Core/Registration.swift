import CDovetail

/// A subscription, service, timer, watch, interceptor, responder or declaration of an event type. It lasts until it is cancelled or the plugin stops, also when this value is not kept.
public struct Registration: Sendable {
  enum Kind: Sendable {
    case subscription, service, timer, watch, interceptor, responder, eventType
  }

  /// What a cancellation did.
  public enum Cancellation: Sendable {
    /// No call happens or is happening any more.
    case done
    /// Asked from inside the handler: no further call starts, the closure is released when the last has returned.
    case pending
  }

  private let context: PluginContext
  private let box: Box
  private let handle: dvt_handle
  private let kind: Kind

  init(_ context: PluginContext, _ box: Box, _ handle: dvt_handle, _ kind: Kind) {
    self.context = context
    self.box = box
    self.handle = handle
    self.kind = kind
  }

  /// Ends the registration and releases its closure.
  ///
  /// - Returns: Whether calls may still be happening.
  /// - Throws: `gone` when the registration has ended already.
  @discardableResult
  public func cancel() throws(PluginError) -> Cancellation {
    if kind == .eventType { return try takeBack() }
    guard let end = unsafe end else { throw HostLink.missing("the interface of this registration") }
    let pending = unsafe Unmanaged.passRetained(Pending(context.boxes, box))
    do throws(PluginError) {
      let code = unsafe try attempt {
        unsafe end(context.link.host, handle, Pending.done, pending.toOpaque(), $0)
      }
      guard code == DVT_OK else { return .pending }
    } catch {
      unsafe pending.release()
      throw error
    }
    unsafe pending.release()
    context.boxes.remove(box)
    return .done
  }

  /// Nobody calls a declaration: it is over at once.
  private func takeBack() throws(PluginError) -> Cancellation {
    guard let withdraw = unsafe context.link.eventTypes?.pointee.withdraw else {
      throw HostLink.missing("dovetail.event-types/1")
    }
    unsafe try attempt { unsafe withdraw(context.link.host, handle, $0) }
    context.boxes.remove(box)
    return .done
  }

  private typealias End =
    @convention(c) (
      UnsafePointer<dvt_host>?, dvt_handle, dvt_completion?, UnsafeMutableRawPointer?,
      UnsafePointer<dvt_error_sink>?
    ) -> Int32

  private var end: End? {
    switch kind {
    case .subscription: unsafe context.link.events?.pointee.unsubscribe
    case .service: unsafe context.link.services?.pointee.withdraw
    case .timer: unsafe context.link.timers?.pointee.cancel
    case .watch: unsafe context.link.metadata?.pointee.unwatch
    case .responder: unsafe context.link.requests?.pointee.withdraw
    case .interceptor: unsafe context.link.interceptors?.pointee.release
    case .eventType: nil
    }
  }

  /// Carried through the host until a pending cancellation is complete.
  private final class Pending: Sendable {
    private let boxes: BoxRegistry
    private let box: Box

    init(_ boxes: BoxRegistry, _ box: Box) {
      self.boxes = boxes
      self.box = box
    }

    static let done: dvt_completion = { pointer, _ in
      guard let pointer = unsafe pointer else { return }
      let pending = unsafe Unmanaged<Pending>.fromOpaque(pointer).takeRetainedValue()
      pending.boxes.remove(pending.box)
    }
  }
}
