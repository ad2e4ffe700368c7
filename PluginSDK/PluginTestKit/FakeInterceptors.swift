import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.interceptors/1`.
enum FakeInterceptors {
  static func table() -> dvt_interceptors {
    var table = dvt_interceptors.headed()
    unsafe table.intercept = { host, options, interceptor, context, out, error in
      guard let seat = unsafe Seat.of(host), let options = unsafe options?.pointee else {
        return DVT_INVALID
      }
      let entry = unsafe Entry(
        .interceptor, seat, name: options.name.string, pattern: options.pattern.string, context)
      entry.matcher = TopicMatcher(entry.pattern, allowingWildcards: true)
      guard entry.matcher != nil else {
        return unsafe FakeEvents.refuse(error, "\"\(entry.pattern)\" is no pattern of topics")
      }
      entry.priority = unsafe options.priority
      entry.stages = unsafe options.stages
      unsafe entry.onExchange = unsafe interceptor
      return unsafe seat.core.enter(entry, out)
    }
    unsafe table.release = { host, handle, done, context, _ in
      unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
    }
    return table
  }
}

/// What an interceptor says, in memory.
///
/// Safe: used by one call at a time, on one thread.
@safe final class FakeVerdict: @unchecked Sendable {
  private(set) var event: Event?
  private(set) var data: [UInt8]?
  private(set) var contentType = ""
  private(set) var answer: [UInt8]?

  /// Asks an interceptor.
  ///
  /// - Returns: Why it refused; `nil` when it did not.
  func ask(_ entry: Entry, _ exchange: dvt_exchange) -> PluginError? {
    var verdict = unsafe dvt_verdict.headed()
    unsafe verdict.context = Unmanaged.passUnretained(self).toOpaque()
    unsafe verdict.amend_event = { context, event in
      guard let event = unsafe event else { return DVT_INVALID }
      unsafe FakeVerdict.of(context)?.event = unsafe Event(EventView(event))
      return DVT_OK
    }
    unsafe verdict.amend = { context, contentType, data in
      unsafe FakeVerdict.of(context)?.data = unsafe data.array
      unsafe FakeVerdict.of(context)?.contentType = unsafe contentType.string
      return DVT_OK
    }
    unsafe verdict.answer = { context, data in
      unsafe FakeVerdict.of(context)?.answer = unsafe data.array
      return DVT_OK
    }
    var exchange = unsafe exchange
    do throws(PluginError) {
      unsafe try attempt { error in
        unsafe entry.onExchange?(entry.context, &exchange, &verdict, error) ?? DVT_INVALID
      }
      return nil
    } catch {
      return error
    }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> FakeVerdict? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<FakeVerdict>.fromOpaque(context).takeUnretainedValue()
  }
}

extension HostCore {
  /// The interceptors around a topic or service at a stage, in order; each is to be given back by `returned`.
  func interceptors(around name: String, at stage: UInt32) -> [Entry] {
    state.withLock { state in
      let found = state.entries.values
        .filter {
          $0.kind == .interceptor && $0.stages & stage != 0 && $0.matcher?.matches(name) == true
        }
        .sorted { ($0.priority, $1.token) > ($1.priority, $0.token) }
      for entry in found { entry.running += 1 }
      return found
    }
  }
}
