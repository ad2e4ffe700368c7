import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.timers/1`, on the test's clock.
enum FakeTimers {
  static func table() -> dvt_timers {
    var table = dvt_timers.headed()
    unsafe table.schedule = { host, options, handler, context, out, _ in
      guard let seat = unsafe Seat.of(host), let options = unsafe options?.pointee else {
        return DVT_INVALID
      }
      let entry = unsafe Entry(.timer, seat, name: options.name.string, context)
      let now = seat.core.state.withLock { $0.clock }
      entry.due = unsafe now + options.delay_ms
      entry.interval = unsafe options.interval_ms
      unsafe entry.onTime = unsafe handler
      return unsafe seat.core.enter(entry, out)
    }
    unsafe table.cancel = { host, handle, done, context, _ in
      unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
    }
    return table
  }
}

extension HostCore {
  /// Moves the clock, stopping at each timer that comes due.
  func advance(_ milliseconds: UInt64) {
    let end = state.withLock { $0.clock } + milliseconds
    while let entry = state.withLock({ $0.nextTimer(until: end) }) {
      unsafe call(entry) { unsafe entry.onTime?(entry.context, $0) ?? DVT_INVALID }
    }
    state.withLock { $0.clock = end }
  }
}

extension HostCore.State {
  /// Takes the next timer that is due by `end` and sets the clock to its time.
  fileprivate mutating func nextTimer(until end: UInt64) -> Entry? {
    let due = entries.values.filter { $0.kind == .timer && $0.due <= end }
    guard let next = due.min(by: { ($0.due, $0.token) < ($1.due, $1.token) }) else { return nil }
    clock = next.due
    if next.interval > 0 {
      next.due += next.interval
    } else {
      entries[next.token] = nil
    }
    return next
  }
}
