import CDovetail
import EventBus
import HostSupport

/// `dovetail.timers/1`.
@safe enum TimersInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_timers(
      struct_size: UInt32(MemoryLayout<dvt_timers>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      schedule: { host, options, handler, context, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let options = unsafe options, let handler = unsafe handler, let out = unsafe out
          else { throw ErrorReport(DVT_INVALID, "options, handler and out must not be NULL") }
          unsafe out.pointee = try schedule(instance, options.pointee, handler, context)
          return DVT_OK
        }
      },
      cancel: { host, handle, done, context, error in
        unsafe Withdrawal.run(host, handle, done, context, error)
      }))

  /// A plugin's function for a timer.
  @safe private struct Target: @unchecked Sendable {
    // Safe: the plugin keeps `context` valid until the timer has ended.
    let handler: dvt_timer_handler
    let context: UnsafeMutableRawPointer?
  }

  private static let longest: UInt64 = 31_536_000_000

  private static func schedule(
    _ instance: PluginInstance, _ options: dvt_timer, _ handler: dvt_timer_handler,
    _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    try unsafe ABIEntry.checkSize(
      options.struct_size, "dvt_timer", atLeast: MemoryLayout<dvt_timer>.size)
    guard unsafe options.delay_ms <= longest, unsafe options.interval_ms <= longest else {
      throw ErrorReport(DVT_INVALID, "delay_ms and interval_ms are at most 31536000000 (a year)")
    }
    let given = unsafe options.name.text
    let name = given.isEmpty ? instance.ordinalName("timer") : given
    let target = unsafe Target(handler: handler, context: context)
    let interval = unsafe options.interval_ms == 0 ? nil : Int(options.interval_ms)
    let timer = ScheduledTimer(
      owner: instance.owner, name: name, delay: unsafe Int(options.delay_ms), interval: interval
    ) { callable in fire(target, instance, name, callable) }
    do throws(BusError) {
      try instance.core.timers.schedule(timer, shadow: instance.mode == .shadow)
    } catch {
      throw ErrorReport(error)
    }
    return instance.register(.timer(timer))
  }

  private static func fire(
    _ target: Target, _ instance: PluginInstance, _ name: String, _ callable: Callable
  ) -> CallResult {
    let result = unsafe PluginCall.run(callable) { sink in
      unsafe target.handler(target.context, sink?.assumingMemoryBound(to: dvt_error_sink.self))
    }
    if result.failure == .crashed {
      instance.core.onCrash(instance, result.fault, "timer \(name)")
    } else if result.failure == nil, result.code != DVT_OK {
      let report = ErrorCollector.ofThread?.take()
      instance.noteFailure(
        report?.message ?? "timer \(name) failed with code \(CodeName.of(result.code))")
    }
    return result
  }
}
