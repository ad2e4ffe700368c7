import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.services/1`.
enum FakeServices {
  static func table() -> dvt_services {
    var table = dvt_services.headed()
    unsafe table.provide = { host, name, handler, context, out, _ in
      guard let seat = unsafe Seat.of(host) else { return DVT_INVALID }
      let entry = unsafe Entry(.service, seat, name: name.string, context)
      unsafe entry.onRequest = unsafe handler
      return unsafe seat.core.enter(entry, out)
    }
    unsafe table.withdraw = { host, handle, done, context, _ in
      unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
    }
    unsafe table.call = { host, name, request, reply, error in
      unsafe FakeServices.call(host, name.string, request, reply, error)
    }
    return table
  }

  private static func call(
    _ host: UnsafePointer<dvt_host>?, _ name: String, _ request: UnsafePointer<dvt_request>?,
    _ reply: UnsafePointer<dvt_sink>?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let seat = unsafe Seat.of(host), var sent = unsafe request?.pointee else {
      return DVT_INVALID
    }
    let entry = seat.core.state.withLock { state in
      // During a reload both generations provide it: the newer answers.
      let found = state.entries.values.filter { $0.kind == .service && $0.name == name }
        .max { $0.token < $1.token }
      found?.running += 1
      return found
    }
    guard let entry else {
      unsafe PluginError(.notFound, "no plugin provides \"\(name)\"", domain: "dovetail").report(
        to: unsafe error)
      return DVT_NOT_FOUND
    }
    let arena = Arena()
    unsafe sent.service = unsafe arena.text(name)
    unsafe sent.caller = unsafe arena.text(seat.plugin)
    let code = unsafe entry.onRequest?(entry.context, &sent, reply, error) ?? DVT_INVALID
    withExtendedLifetime(arena) {}
    seat.core.returned(entry)
    return code
  }
}
