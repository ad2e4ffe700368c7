import CBridge
import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// `dovetail.services/1`.
@safe enum ServicesInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_services(
      struct_size: UInt32(MemoryLayout<dvt_services>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      provide: { host, name, handler, context, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let handler = unsafe handler, let out = unsafe out else {
            throw ErrorReport(DVT_INVALID, "handler and out must not be NULL")
          }
          unsafe out.pointee = try provide(instance, name.text, handler, context)
          return DVT_OK
        }
      },
      withdraw: { host, handle, done, context, error in
        unsafe Withdrawal.run(host, handle, done, context, error)
      },
      call: br_call))

  /// What `br_call` does not carry out: the first call of a service, and all but plain ones.
  static func call(
    _ host: UnsafePointer<dvt_host>?, _ name: dvt_str, _ request: UnsafePointer<dvt_request>?,
    _ reply: UnsafePointer<dvt_sink>?, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
      guard let request = unsafe request, let reply = unsafe reply,
        unsafe reply.pointee.write != nil
      else { throw ErrorReport(DVT_INVALID, "request and reply must not be NULL") }
      let bytes = unsafe try call(instance, unsafe name.text, unsafe request.pointee)
      return unsafe withBytes(bytes) { bytes in
        unsafe br_sink_write(reply, bytes.ptr, bytes.len)
      }
    }
  }

  /// Says why a call failed that `br_call` made.
  static func callFailed(
    _ host: UnsafePointer<dvt_host>?, _ name: dvt_str, _ provider: UnsafePointer<br_provider>?,
    _ result: CallResult, isLate: Bool, _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let instance = unsafe PluginInstance.behind(host),
      let provider = unsafe ServiceProvider.behind(provider)?.instance
    else { return DVT_FAILED }
    let caller = ServiceCaller(
      core: instance.core, caller: instance.id, permissions: instance.patterns)
    return unsafe caller.report(result, isLate: isLate, provider.owner, provider, name.text)
      .report(to: error)
  }

  private static func provide(
    _ instance: PluginInstance, _ name: String, _ handler: dvt_service_handler,
    _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    if let problem = TopicName.problem(in: name) {
      throw ErrorReport(DVT_INVALID, "service name: \(problem)")
    }
    let provider = unsafe ServiceProvider(handler: handler, context: context, instance: instance)
    let service = unsafe Service(
      name: name, owner: instance.owner, context: UnsafeMutableRawPointer(provider.record),
      keepAlive: provider)
    do throws(BusError) {
      try instance.core.services.provide(service, shadow: instance.mode == .shadow)
    } catch {
      throw ErrorReport(error)
    }
    return instance.register(.service(service))
  }

  private static func call(
    _ instance: PluginInstance, _ name: String, _ request: dvt_request
  ) throws(ErrorReport) -> [UInt8] {
    try unsafe ABIEntry.checkSize(
      request.struct_size, "dvt_request", atLeast: MemoryLayout<dvt_request>.size)
    let wanted = unsafe request.deadline_ms
    var caller = ServiceCaller(
      core: instance.core, caller: instance.id, permissions: instance.patterns)
    caller.known = instance.knownServices
    return unsafe try caller.call(
      name, data: unsafe request.data, contentType: unsafe request.datacontenttype.text,
      deadline: .after(
        milliseconds: Int(clamping: wanted == 0 ? UInt64(BR_USUAL_DEADLINE) : wanted)))
  }
}
