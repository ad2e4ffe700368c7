import CDovetail

extension PluginContext {
  /// Opens a topic for publishing.
  ///
  /// - Parameter name: Segments of letters, digits, `_` and `-` joined by dots, 1…255 bytes.
  /// - Returns: The opened topic; keep it.
  /// - Throws: `invalid` (not a topic), `denied` (`permissions.publish`) or `gone`.
  public func topic(_ name: String) throws(PluginError) -> Topic {
    try Topic(link, name)
  }

  /// Subscribes a handler that reads events where they lie in the host's memory.
  ///
  /// - Parameters:
  ///   - pattern: What `options.syntax` says; ordinarily a topic, or segments with `*` and a last `>`.
  ///   - options: Everything beside the pattern.
  ///   - handler: What it throws fails that delivery only. A synchronous one may run on several threads at once.
  /// - Returns: The subscription; need not be kept.
  /// - Throws: `invalid` (pattern, or an option out of its range), `exists` (name), `denied` (`permissions.subscribe`) or
  ///   `gone`.
  @discardableResult
  public func subscribeView(
    _ pattern: String, _ options: SubscriptionOptions = .default,
    _ handler: @escaping @Sendable (borrowing EventView) throws(PluginFailure) -> Void
  ) throws(PluginError) -> Registration {
    guard let subscribe = unsafe link.events?.pointee.subscribe else {
      throw HostLink.missing("dovetail.events/1")
    }
    let box = EventBox(handler, wants: options.wants)
    let arena = Arena()
    var raw = unsafe options.raw(pattern, arena)
    if options.wants != nil { unsafe raw.wants = unsafe EventBox.ask }
    defer { withExtendedLifetime(arena) {} }
    return unsafe try register(box, .subscription) { handle, error in
      unsafe subscribe(link.host, &raw, EventBox.receive, box.pointer, handle, error)
    }
  }

  /// Subscribes a handler that receives copies of events.
  ///
  /// - Parameters:
  ///   - pattern: What `options.syntax` says; ordinarily a topic, or segments with `*` and a last `>`.
  ///   - options: Everything beside the pattern.
  ///   - handler: What it throws fails that delivery only.
  /// - Returns: The subscription; need not be kept.
  /// - Throws: As `subscribeView`.
  @discardableResult
  public func subscribe(
    _ pattern: String, _ options: SubscriptionOptions = .default,
    _ handler: @escaping @Sendable (Event) throws(PluginFailure) -> Void
  ) throws(PluginError) -> Registration {
    try subscribeView(pattern, options) { (view) throws(PluginFailure) in try handler(Event(view)) }
  }

  /// Keeps a box from before the host may call it, and drops it again when the host refuses.
  func register(
    _ box: Box, _ kind: Registration.Kind,
    _ call: (UnsafeMutablePointer<dvt_handle>, UnsafePointer<dvt_error_sink>) -> Int32
  ) throws(PluginError) -> Registration {
    var handle = dvt_handle()
    boxes.add(box)
    do throws(PluginError) {
      unsafe try attempt { unsafe call(&handle, $0) }
    } catch {
      boxes.remove(box)
      throw error
    }
    return Registration(self, box, handle, kind)
  }
}

/// A handler of events.
final class EventBox: Box, @unchecked Sendable {
  private let handler: @Sendable (borrowing EventView) throws(PluginFailure) -> Void
  private let wants: SubscriptionOptions.Question?

  init(
    _ handler: @escaping @Sendable (borrowing EventView) throws(PluginFailure) -> Void,
    wants: SubscriptionOptions.Question?
  ) {
    self.handler = handler
    self.wants = wants
  }

  // Neither counts a reference to the box: the context keeps it until no call can come.
  static let ask: dvt_filter_callback = { pointer, event in
    guard let pointer = unsafe pointer, let event = unsafe event else { return 1 }
    return unsafe Unmanaged<EventBox>.fromOpaque(pointer)._withUnsafeGuaranteedRef { box in
      guard let wants = box.wants else { return 1 }
      return wants(unsafe EventView(event)) ? 1 : 0
    }
  }

  static let receive: dvt_handler = { pointer, event, error in
    guard let pointer = unsafe pointer, let event = unsafe event else { return DVT_INVALID }
    return unsafe Unmanaged<EventBox>.fromOpaque(pointer)._withUnsafeGuaranteedRef { box in
      unsafe guarded(error) { () throws(PluginFailure) in
        unsafe try box.handler(EventView(event))
      }
    }
  }
}
