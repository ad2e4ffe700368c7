import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// `dovetail.interceptors/1`.
@safe enum InterceptorsInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_interceptors(
      struct_size: UInt32(MemoryLayout<dvt_interceptors>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      intercept: { host, options, interceptor, context, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let options = unsafe options, let interceptor = unsafe interceptor,
            let out = unsafe out
          else { throw ErrorReport(DVT_INVALID, "options, interceptor and out must not be NULL") }
          try unsafe ABIEntry.checkSize(
            options.pointee.struct_size, "dvt_interception",
            atLeast: MemoryLayout<dvt_interception>.size)
          unsafe out.pointee = try intercept(instance, options.pointee, interceptor, context)
          return DVT_OK
        }
      },
      release: { host, handle, done, context, error in
        unsafe Withdrawal.run(host, handle, done, context, error)
      }))

  private static func intercept(
    _ instance: PluginInstance, _ given: dvt_interception, _ function: @escaping dvt_interceptor,
    _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    let core = instance.core
    let provider = unsafe InterceptorProvider(
      function: function, context: context, instance: instance)
    let options: InterceptorOptions
    do throws(BusError) { options = try unsafe self.options(given) } catch {
      throw ErrorReport(error)
    }
    if let denial = instance.patterns.denialOfIntercept(options.pattern) {
      core.noteDenial(instance.id, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
    do throws(BusError) {
      let interceptor = unsafe try core.bus.intercept(
        instance.owner, options, shadow: instance.mode == .shadow,
        context: Unmanaged.passUnretained(provider).toOpaque(), keepAlive: provider
      ) { [unowned core] interceptor, callable, event in
        unsafe judge(
          InterceptorCall(core: core, interceptor: interceptor, callable: callable), event)
      }
      return instance.register(.interceptor(interceptor))
    } catch {
      throw ErrorReport(error)
    }
  }

  private static func options(_ given: dvt_interception) throws(BusError) -> InterceptorOptions {
    let stages = InterceptionStages(rawValue: unsafe given.stages)
    guard !stages.isEmpty, stages.isSubset(of: .all) else {
      throw .invalid("stages is \(stages.rawValue), expected one or more of DVT_STAGE_…")
    }
    let flags = unsafe given.flags
    guard flags & ~DVT_INTERCEPTION_REQUIRED == 0 else {
      throw .invalid("flags is \(flags), expected DVT_INTERCEPTION_… or 0")
    }
    let name = unsafe given.name.text
    return InterceptorOptions(
      pattern: try TopicPattern(unsafe given.pattern.text), name: name.isEmpty ? nil : name,
      priority: unsafe given.priority, stages: stages, isRequired: flags != 0)
  }

  private static func judge(
    _ call: InterceptorCall, _ event: UnsafeMutableRawPointer?
  ) -> EventVerdict {
    guard let event = unsafe event?.assumingMemoryBound(to: dvt_event.self) else { return .pass }
    let exchange = unsafe dvt_exchange(
      struct_size: UInt32(MemoryLayout<dvt_exchange>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR), stage: DVT_STAGE_EVENT, code: DVT_OK,
      name: event.pointee.type, caller: event.pointee.source, event: event,
      datacontenttype: event.pointee.datacontenttype, data: event.pointee.data)
    switch unsafe call.run(exchange, patience: hs_patience()) {
    case .refused(let report):
      ErrorCollector.ofThread?.keep(refusal: report.message)
      return .refused
    case .passed(.event(let copy)): return unsafe .amended(copy)
    case .passed(.answer):
      call.core.losses.note(.vetoed, call.interceptor.owner.name)
      return .answered
    case .passed(.nothing), .passed(.data): return .pass
    }
  }
}
