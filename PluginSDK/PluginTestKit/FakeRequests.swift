import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.requests/1`. Responders run one after another, on the thread that asks.
enum FakeRequests {
  static func table() -> dvt_requests {
    var table = dvt_requests.headed()
    unsafe table.respond = { host, options, handler, context, out, error in
      guard let entry = unsafe FakeRequests.entry(.responder, host, options, context) else {
        return unsafe FakeEvents.refuse(error, "the pattern is no pattern of topics")
      }
      unsafe entry.onRequest = unsafe handler
      return unsafe entry.seat.core.enter(entry, out)
    }
    unsafe table.combine = { host, options, combiner, context, out, error in
      guard let entry = unsafe FakeRequests.entry(.combiner, host, options, context) else {
        return unsafe FakeEvents.refuse(error, "the pattern is no pattern of topics")
      }
      unsafe entry.onReplies = unsafe combiner
      return unsafe entry.seat.core.enter(entry, out)
    }
    unsafe table.withdraw = { host, handle, done, context, _ in
      unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
    }
    unsafe table.request = { host, topic, request, replies, handler, context, error in
      unsafe FakeRequests.request(host, topic.string, request, replies, handler, context, error)
    }
    unsafe table.begin = { host, topic, request, replies, handler, done, context, out, error in
      let code = unsafe FakeRequests.request(
        host, topic.string, request, replies, handler, context, error)
      // It has ended before it could be cancelled.
      unsafe out?.pointee = dvt_handle()
      unsafe done?(context, code)
      return DVT_OK
    }
    unsafe table.cancel = { _, _, _ in DVT_GONE }
    return table
  }

  private static func entry(
    _ kind: Entry.Kind, _ host: UnsafePointer<dvt_host>?, _ options: UnsafePointer<dvt_responder>?,
    _ context: UnsafeMutableRawPointer?
  ) -> Entry? {
    guard let seat = unsafe Seat.of(host), let options = unsafe options?.pointee else { return nil }
    let entry = unsafe Entry(
      kind, seat, name: options.name.string, pattern: options.pattern.string, context)
    entry.priority = unsafe options.priority
    entry.matcher = TopicMatcher(entry.pattern, allowingWildcards: true)
    return entry.matcher == nil ? nil : entry
  }

  private static func request(
    _ host: UnsafePointer<dvt_host>?, _ topic: String, _ request: UnsafePointer<dvt_request>?,
    _ replies: UInt32, _ handler: dvt_reply_handler?, _ context: UnsafeMutableRawPointer?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let seat = unsafe Seat.of(host), let sent = unsafe request?.pointee else {
      return DVT_INVALID
    }
    let asked = FakeRequest(core: seat.core, topic: topic, caller: seat.plugin, replies: replies)
    do throws(PluginError) {
      unsafe try asked.run(sent.data.array, sent.datacontenttype.string) { reply in
        unsafe reply.lend { raw in
          var raw = unsafe raw
          return unsafe handler?(context, &raw) == DVT_OK
        }
      }
      return DVT_OK
    } catch let failure {
      unsafe failure.report(to: error)
      return failure.code.rawValue
    }
  }
}
