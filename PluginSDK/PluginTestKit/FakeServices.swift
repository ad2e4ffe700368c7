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
    guard let seat = unsafe Seat.of(host), let sent = unsafe request?.pointee,
      let write = unsafe reply?.pointee.write
    else { return DVT_INVALID }
    do throws(PluginError) {
      let bytes = unsafe try pass(seat, name, sent.data.array, sent.datacontenttype.string)
      return unsafe bytes.withUnsafeBufferPointer {
        unsafe write(reply?.pointee.context, $0.baseAddress, UInt64($0.count))
      }
    } catch let failure {
      unsafe failure.report(to: error)
      return failure.code.rawValue
    }
  }

  /// Takes a request past the interceptors, and the breaker that the test may have opened, to the service.
  static func pass(
    _ seat: Seat, _ name: String, _ data: [UInt8], _ contentType: String, breaker: String = ""
  ) throws(PluginError) -> [UInt8] {
    let passage = FakePassage(core: seat.core, name: name, caller: seat.plugin)
    return try passage.run(data, contentType) { data, contentType throws(PluginError) in
      try seat.core.checkBreaker(name, breaker)
      return try answer(seat, name, data, contentType)
    }
  }

  private static func answer(
    _ seat: Seat, _ name: String, _ data: [UInt8], _ contentType: String
  ) throws(PluginError) -> [UInt8] {
    let entry = seat.core.state.withLock { state in
      // During a reload both generations provide it: the newer answers.
      let found = state.entries.values.filter { $0.kind == .service && $0.name == name }
        .max { $0.token < $1.token }
      found?.running += 1
      return found
    }
    guard let entry else {
      throw PluginError(.notFound, "no plugin provides \"\(name)\"", domain: "dovetail")
    }
    defer { seat.core.returned(entry) }
    return try entry.answer(name, from: seat.plugin, data, contentType)
  }
}

extension Entry {
  /// Lets a service or responder answer a request.
  func answer(
    _ name: String, from caller: String, _ data: [UInt8], _ contentType: String
  ) throws(PluginError) -> [UInt8] {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var request = unsafe dvt_request.headed()
    unsafe request.service = unsafe arena.text(name)
    unsafe request.caller = unsafe arena.text(caller)
    unsafe request.datacontenttype = unsafe arena.text(contentType)
    unsafe request.data = unsafe arena.bytes(data)
    return unsafe try collect { sink, error in
      unsafe onRequest?(context, &request, sink, error) ?? DVT_INVALID
    }
  }
}
