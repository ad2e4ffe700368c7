import CBridge
import CDovetail
import EventBus
import HostSupport

/// `dovetail.resilience/1`.
@safe enum ResilienceInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_resilience(
      struct_size: UInt32(MemoryLayout<dvt_resilience>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      execute: { host, execution, request, reply, out, error in
        unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
          guard let execution = unsafe execution, let request = unsafe request,
            let reply = unsafe reply, unsafe reply.pointee.write != nil
          else { throw ErrorReport(DVT_INVALID, "execution, request and reply must not be NULL") }
          let answer = unsafe try execute(instance, execution.pointee, request.pointee)
          unsafe tell(answer.cause, out)
          return unsafe withBytes(answer.bytes) { bytes in
            unsafe br_sink_write(reply, bytes.ptr, bytes.len)
          }
        }
      },
      breaker: { host, service, name, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let out = unsafe out else { throw ErrorReport(DVT_INVALID, "out must not be NULL") }
          unsafe try ABIEntry.checkSize(
            out.pointee.struct_size, "dvt_breaker", atLeast: MemoryLayout<dvt_breaker>.size)
          let breaker = unsafe try find(instance, service.text, name.text)
          unsafe fill(&out.pointee, breaker.snapshot)
          return DVT_OK
        }
      }))

  private static func execute(
    _ instance: PluginInstance, _ execution: dvt_execution, _ request: dvt_request
  ) throws(ErrorReport) -> ServiceCaller.Reply {
    try unsafe ABIEntry.checkSize(
      execution.struct_size, "dvt_execution", atLeast: MemoryLayout<dvt_execution>.size)
    try unsafe ABIEntry.checkSize(
      request.struct_size, "dvt_request", atLeast: MemoryLayout<dvt_request>.size)
    let wanted = unsafe request.deadline_ms
    var caller = ServiceCaller(
      core: instance.core, caller: instance.id, permissions: instance.patterns)
    caller.options = unsafe try options(execution)
    return unsafe try caller.execute(
      execution.service.text, data: request.data, contentType: request.datacontenttype.text,
      deadline: .after(milliseconds: Int(clamping: wanted == 0 ? 5000 : wanted)))
  }

  private static func options(_ execution: dvt_execution) throws(ErrorReport) -> CallOptions {
    let breaker = unsafe execution.breaker.text
    try check(label: breaker)
    let fallback = unsafe execution.fallback.text
    if !fallback.isEmpty, let problem = TopicName.problem(in: fallback) {
      throw ErrorReport(DVT_INVALID, "fallback: \(problem)")
    }
    let limit = unsafe execution.time_limit_ms
    guard limit <= 600_000 else {
      throw ErrorReport(DVT_INVALID, "time_limit_ms is \(limit), expected 0…600000")
    }
    return unsafe CallOptions(
      breaker: breaker, fallback: fallback,
      timeLimit: limit == 0 ? nil : UInt64(limit) * 1_000_000,
      fallsBack: execution.flags & DVT_EXECUTION_NO_FALLBACK == 0)
  }

  private static func check(label: String) throws(ErrorReport) {
    let isGood =
      label.utf8.count <= 64
      && label.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
    guard !isGood else { return }
    throw ErrorReport(
      DVT_INVALID,
      "a breaker's name has 1 to 64 letters, digits, '.', '-' or '_', not '\(label.prefix(100))'")
  }

  /// Says who answered.
  private static func tell(_ cause: ErrorReport?, _ out: UnsafeMutablePointer<dvt_executed>?) {
    guard let out = unsafe out,
      unsafe out.pointee.struct_size >= UInt32(MemoryLayout<dvt_executed>.size)
    else { return }
    unsafe out.pointee.cause = cause?.code ?? DVT_OK
  }

  private static func find(
    _ instance: PluginInstance, _ service: String, _ label: String
  ) throws(ErrorReport) -> Breaker {
    try check(label: label)
    let services = instance.core.services
    guard let provider = services.provider(of: service) else {
      throw ErrorReport(.noSuchService(service))
    }
    if let denial = instance.patterns.denialOfService(service, provider: provider.name) {
      instance.core.noteDenial(instance.id, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
    let found: Breaker?
    if label.isEmpty {
      found =
        services.guards.serviceGuard(of: service, by: provider.name)?.callGuard(of: instance.id)
        .breaker
    } else {
      found = services.guards.breaker(
        Breaker.Name(
          service: service, provider: provider.name, caller: instance.id, label: label))
    }
    guard let found else {
      throw ErrorReport(
        DVT_NOT_FOUND,
        "service '\(service)' has no circuit breaker\(label.isEmpty ? "" : " '\(label)' of \(instance.id)"); "
          + "\"services\" in the configuration gives it one")
    }
    return found
  }

  private static func fill(_ out: inout dvt_breaker, _ breaker: Breaker.Snapshot) {
    let text = BreakerText(breaker)
    switch breaker.state {
    case .closed: out.state = DVT_BREAKER_CLOSED
    case .open: out.state = DVT_BREAKER_OPEN
    case .halfOpen: out.state = DVT_BREAKER_HALF_OPEN
    }
    out.calls = UInt64(breaker.window.calls)
    out.failed = UInt64(breaker.window.failed)
    out.slow = UInt64(breaker.window.slow)
    out.rejected = breaker.figures.rejected
    if case .open = breaker.state {
      out.probes_in_ms = text.probesIn ?? .max
    } else {
      out.probes_in_ms = 0
    }
  }
}
