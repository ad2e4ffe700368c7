import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// Asks one interceptor, and says what its plugin is to blame for.
@safe struct InterceptorCall {
  let core: HostCore
  let interceptor: Interceptor
  let callable: Callable

  /// What came of it.
  enum Outcome {
    case passed(VerdictCollector.Saying)
    case refused(ErrorReport)
  }

  /// Asks.
  ///
  /// - Parameters:
  ///   - exchange: What passes; borrowed.
  ///   - patience: Nanoseconds to wait at a closed gate.
  /// - Returns: What it said. One that cannot be asked passes what it may, and refuses what it must see.
  func run(_ exchange: dvt_exchange, patience: UInt64) -> Outcome {
    let collector = unsafe VerdictCollector(stage: exchange.stage, event: exchange.event)
    var exchange = unsafe exchange
    let result = unsafe withUnsafePointer(to: &exchange) { exchange in
      unsafe PluginCall.run(callable, patience: patience) { sink in
        // The entry may be the successor of the one that was found: it names its own function.
        guard let user = unsafe hs_entry_user(hs_present_entry()) else { return DVT_GONE }
        let provider = unsafe Unmanaged<InterceptorProvider>.fromOpaque(user).takeUnretainedValue()
        return unsafe provider.function(
          provider.context, exchange, collector.verdict,
          sink?.assumingMemoryBound(to: dvt_error_sink.self))
      }
    }
    let name = unsafe exchange.name.text
    switch result.failure {
    case nil where result.code == DVT_OK: return .passed(collector.take())
    case nil: return .refused(refusal(of: name, result.code))
    // It was taken away meanwhile.
    case .revoked: return .passed(.nothing)
    case .some(let failure): return skip(failure, result.fault, name)
    }
  }

  private func refusal(of name: String, _ code: Int32) -> ErrorReport {
    core.losses.note(.vetoed, interceptor.owner.name)
    let report = ErrorCollector.ofThread?.take()
    return ErrorReport(
      code,
      report?.message
        ?? "interceptor '\(interceptor.name)' of \(interceptor.owner) refused '\(name)'",
      retryable: report?.retryable ?? false)
  }

  private func skip(_ failure: CallFailure, _ fault: Int32, _ name: String) -> Outcome {
    let report = ErrorReport(failure, "interceptor '\(interceptor.name)' of \(interceptor.owner)")
    if failure == .crashed, let provider {
      core.onCrash(provider, fault, "an interceptor of \(name)")
    }
    guard interceptor.options.isRequired else {
      if core.losses.note(.interceptorSkipped, interceptor.owner.name) {
        core.log.log(
          .warning, interceptor.owner.name, "'\(name)' passed it unseen: \(report.message)")
      }
      return .passed(.nothing)
    }
    core.losses.note(.vetoed, interceptor.owner.name)
    return .refused(
      ErrorReport(DVT_UNAVAILABLE, "\(report.message), and '\(name)' may not pass it unseen"))
  }

  private var provider: PluginInstance? {
    guard let user = unsafe interceptor.user else { return nil }
    return unsafe Unmanaged<InterceptorProvider>.fromOpaque(user).takeUnretainedValue().instance
  }
}
