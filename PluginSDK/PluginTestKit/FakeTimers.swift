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
  /// Moves the clock, stopping at each timer and each retry that comes due.
  func advance(_ milliseconds: UInt64) {
    let end = state.withLock { $0.clock } + milliseconds
    while let due = state.withLock({ $0.takeDue(until: end) }) {
      switch due {
      case .timer(let entry):
        unsafe call(entry) { unsafe entry.onTime?(entry.context, $0) ?? DVT_INVALID }
      case .retry(let delivery): redeliver(delivery)
      }
    }
    state.withLock { $0.clock = end }
    expireRecords()
  }
}

extension HostCore.State {
  /// What the clock brings.
  fileprivate enum Due {
    case timer(Entry)
    case retry(Delivery)
  }

  /// Takes what comes next, by `end`, and sets the clock to its time. A retry comes before a timer of the same time.
  fileprivate mutating func takeDue(until end: UInt64) -> Due? {
    let timers = entries.values.filter { $0.kind == .timer && $0.due <= end }
    let timer = timers.min { ($0.due, $0.token) < ($1.due, $1.token) }
    let retry = retries.indices.min { (retries[$0].due, $0) < (retries[$1].due, $1) }
    if let retry, retries[retry].due <= min(end, timer?.due ?? end) {
      clock = retries[retry].due
      return .retry(retries.remove(at: retry))
    }
    guard let timer else { return nil }
    clock = timer.due
    if timer.interval > 0 {
      timer.due += timer.interval
    } else {
      entries[timer.token] = nil
    }
    return .timer(timer)
  }
}
