import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// Calls a service on behalf of a plugin or an operator.
struct ServiceCaller {
  let core: HostCore
  /// Id of the plugin that calls, or `dovetail`.
  let caller: String
  /// What the caller may call; `nil` for the operator.
  let permissions: PermissionPatterns?

  /// Most bytes that a request carries.
  static let largest: UInt64 = 16 << 20

  /// Calls and waits for the reply.
  ///
  /// - Parameters:
  ///   - name: Of the service.
  ///   - data: Borrowed by the provider while it runs.
  ///   - contentType: Media type of `data`.
  ///   - deadline: Bounds the wait at a gate; a reply after it is reported as DVT_TIMEOUT.
  /// - Returns: The reply's bytes.
  /// - Throws: `ErrorReport` with the provider's code, or one of the host's.
  func call(
    _ name: String, data: dvt_bytes, contentType: String, deadline: Deadline
  ) throws(ErrorReport) -> [UInt8] {
    if unsafe data.len > Self.largest {
      throw ErrorReport(
        DVT_TOO_LARGE, "a request carries at most 16 MiB; publish larger payloads in a buffer")
    }
    if core.bus.interceptsRequests { try checkPermission(name) }
    let chain = RequestChain(core: core, name: name, caller: caller, deadline: deadline)
    return unsafe try chain.run(data, contentType: contentType) {
      data, contentType throws(ErrorReport) in
      unsafe try answer(name, data, contentType, deadline)
    }
  }

  /// Refuses what the caller may not call, before an interceptor sees it.
  private func checkPermission(_ name: String) throws(ErrorReport) {
    let provider = core.services.all.first { $0.name == name }?.owner.name ?? ""
    guard let denial = permissions?.denialOfService(name, provider: provider) else { return }
    core.noteDenial(caller, denial)
    throw ErrorReport(DVT_DENIED, denial)
  }

  private func answer(
    _ name: String, _ data: dvt_bytes, _ contentType: String, _ deadline: Deadline
  ) throws(ErrorReport) -> [UInt8] {
    let collector = ReplyCollector()
    let outcome: (Service, CallResult)
    do throws(BusError) {
      outcome = try core.services.withService(name) { service, callable in
        if permissions?.denialOfService(name, provider: service.owner.name) != nil {
          return (service, CallResult(code: DVT_DENIED, fault: -1))
        }
        return (service, unsafe invoke(callable, name, data, contentType, collector, deadline))
      }
    } catch {
      throw ErrorReport(error)
    }
    try check(outcome.1, outcome.0, name, deadline)
    return collector.bytes
  }

  private func invoke(
    _ callable: Callable, _ name: String, _ data: dvt_bytes, _ contentType: String,
    _ collector: ReplyCollector, _ deadline: Deadline
  ) -> CallResult {
    let patience = min(deadline.remaining ?? .max, core.limits.gatePatience)
    return unsafe withText(name) { name in
      unsafe withText(caller) { caller in
        unsafe withText(contentType) { contentType in
          var request = unsafe dvt_request(
            struct_size: UInt32(MemoryLayout<dvt_request>.size), abi_major: UInt16(DVT_ABI_MAJOR),
            abi_minor: UInt16(DVT_ABI_MINOR), service: name, caller: caller,
            datacontenttype: contentType, data: data,
            deadline_ms: max(1, (deadline.remaining ?? 600_000_000_000) / 1_000_000))
          return unsafe withUnsafePointer(to: &request) { request in
            unsafe PluginCall.run(callable, patience: patience) { sink in
              // The entry may be the successor of the one that was found: it names its own provider.
              guard let user = unsafe hs_entry_user(hs_present_entry()) else { return DVT_GONE }
              let provider = unsafe Unmanaged<ServiceProvider>.fromOpaque(user)
                .takeUnretainedValue()
              return unsafe provider.handler(
                provider.context, request, collector.sink,
                sink?.assumingMemoryBound(to: dvt_error_sink.self))
            }
          }
        }
      }
    }
  }

  private func check(
    _ result: CallResult, _ service: Service, _ name: String, _ deadline: Deadline
  ) throws(ErrorReport) {
    if result.code == DVT_OK {
      guard deadline.hasPassed else { return }
      core.losses.note(.replyLate, service.owner.name)
      throw ErrorReport(
        DVT_TIMEOUT, "service '\(name)' of \(service.owner) answered after the deadline",
        retryable: true)
    }
    if result.fault == -1,
      let denial = permissions?.denialOfService(name, provider: service.owner.name)
    {
      core.noteDenial(caller, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
    let provider = unsafe service.context.flatMap {
      unsafe Unmanaged<ServiceProvider>.fromOpaque($0).takeUnretainedValue().instance
    }
    if let failure = result.failure {
      core.losses.note(failure, caller)
      if failure == .crashed, let provider {
        core.onCrash(provider, result.fault, "service \(name)")
      }
      throw ErrorReport(failure, "service '\(name)' of \(service.owner)")
    }
    let report = ErrorCollector.ofThread?.take()
    provider?.noteFailure(
      report?.message ?? "service \(name) failed with code \(CodeName.of(result.code))")
    throw ErrorReport(
      result.code,
      report?.message
        ?? "service '\(name)' of \(service.owner) failed with code \(CodeName.of(result.code))",
      retryable: report?.retryable ?? false)
  }
}
