import CDovetail

extension PluginContext {
  /// Calls a closure once.
  ///
  /// - Parameters:
  ///   - milliseconds: From now, 0…31,536,000,000.
  ///   - name: Unique in the plugin; empty = timer#ordinal.
  ///   - handler: Runs on a thread of the host; what it throws is counted.
  /// - Returns: The timer; need not be kept.
  /// - Throws: `invalid`, `exists` (name) or `gone`.
  @discardableResult
  public func after(
    milliseconds: Int, name: String = "",
    _ handler: @escaping @Sendable () throws(PluginFailure) -> Void
  ) throws(PluginError) -> Registration {
    try schedule(name, delay: milliseconds, interval: 0, handler)
  }

  /// Calls a closure again and again; calls that were missed are not made up for.
  ///
  /// - Parameters:
  ///   - milliseconds: Between calls and before the first, 1…31,536,000,000.
  ///   - name: Unique in the plugin; empty = timer#ordinal.
  ///   - handler: Runs on a thread of the host, never twice at once; what it throws is counted.
  /// - Returns: The timer; need not be kept.
  /// - Throws: `invalid`, `exists` (name) or `gone`.
  @discardableResult
  public func every(
    milliseconds: Int, name: String = "",
    _ handler: @escaping @Sendable () throws(PluginFailure) -> Void
  ) throws(PluginError) -> Registration {
    guard milliseconds > 0 else { throw PluginError(.invalid, "an interval is at least 1 ms") }
    return try schedule(name, delay: milliseconds, interval: milliseconds, handler)
  }

  private func schedule(
    _ name: String, delay: Int, interval: Int,
    _ handler: @escaping @Sendable () throws(PluginFailure) -> Void
  ) throws(PluginError) -> Registration {
    guard let schedule = unsafe link.timers?.pointee.schedule else {
      throw HostLink.missing("dovetail.timers/1")
    }
    guard delay >= 0 else { throw PluginError(.invalid, "a delay is at least 0 ms") }
    let box = TimerBox(handler, once: interval == 0 ? boxes : nil)
    let arena = Arena()
    var raw = unsafe dvt_timer.headed()
    unsafe raw.name = unsafe arena.text(name)
    unsafe raw.delay_ms = UInt64(delay)
    unsafe raw.interval_ms = UInt64(interval)
    defer { withExtendedLifetime(arena) {} }
    return unsafe try register(box, .timer) { handle, error in
      unsafe schedule(link.host, &raw, TimerBox.fire, box.pointer, handle, error)
    }
  }
}

/// A closure for a later time.
final class TimerBox: Box, @unchecked Sendable {
  private let handler: @Sendable () throws(PluginFailure) -> Void
  /// Where to release the box after the one call; `nil` for a repeating timer.
  private let once: BoxRegistry?

  init(_ handler: @escaping @Sendable () throws(PluginFailure) -> Void, once: BoxRegistry?) {
    self.handler = handler
    self.once = once
  }

  static let fire: dvt_timer_handler = { pointer, error in
    guard let box = unsafe TimerBox.from(pointer) else { return DVT_INVALID }
    let code = unsafe guarded(error) { () throws(PluginFailure) in try box.handler() }
    box.once?.remove(box)
    return code
  }
}
