import CBridge
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
  static let largest = UInt64(BR_LARGEST_REQUEST)

  /// What the caller wants otherwise than the policies say; `nil` for nothing.
  var options: CallOptions?
  /// Where a service is remembered that `br_call` can call by itself the next time.
  var known: KnownServices?

  /// What came of a call that succeeded.
  struct Reply {
    var bytes: [UInt8]
    /// Why a fallback answered; `nil` when the service itself did.
    var cause: ErrorReport?
  }

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
    unsafe try execute(name, data: data, contentType: contentType, deadline: deadline).bytes
  }

  /// The same, and says who answered.
  func execute(
    _ name: String, data: dvt_bytes, contentType: String, deadline: Deadline
  ) throws(ErrorReport) -> Reply {
    if unsafe data.len > Self.largest {
      throw ErrorReport(
        DVT_TOO_LARGE, "a request carries at most 16 MiB; publish larger payloads in a buffer")
    }
    if core.bus.interceptsRequests { try checkPermission(name) }
    let chain = RequestChain(core: core, name: name, caller: caller, deadline: deadline)
    var cause: ErrorReport?
    let bytes = unsafe try chain.run(data, contentType: contentType) {
      data, contentType throws(ErrorReport) in
      do throws(CallFault) {
        return unsafe try answer(name, data, contentType, deadline)
      } catch let fault {
        cause = fault.report
        return unsafe try fallBack(fault, name, data, contentType, deadline)
      }
    }
    return Reply(bytes: bytes, cause: cause)
  }

  /// Refuses what the caller may not call, before an interceptor sees it.
  private func checkPermission(_ name: String) throws(ErrorReport) {
    let provider = core.services.all.first { $0.name == name }?.owner.name ?? ""
    guard let denial = permissions?.denialOfService(name, provider: provider) else { return }
    core.noteDenial(caller, denial)
    throw ErrorReport(DVT_DENIED, denial)
  }

  // MARK: The call

  /// How a call went, before anybody is told.
  private enum Ending {
    case denied
    case unnamed(BusError)
    case rejected(CallGuard.Refusal, CallGuard)
    case answered
    case failed(CallResult, isLate: Bool, CallGuard?)
  }

  private func answer(
    _ name: String, _ data: dvt_bytes, _ contentType: String, _ deadline: Deadline
  ) throws(CallFault) -> [UInt8] {
    let collector = ReplyCollector()
    let version = hs_services_version()
    let (service, ending): (Service, Ending)
    do throws(BusError) {
      (service, ending) = try core.services.withService(name) { service, callable, guarding in
        if permissions?.denialOfService(name, provider: service.owner.name) != nil {
          return (service, .denied)
        }
        guard guarding == nil, options == nil else {
          let ending = unsafe pass(
            service, guarding, callable, name, data, contentType, collector, deadline)
          return (service, ending)
        }
        if !core.bus.interceptsRequests { known?.note(name, callable, at: version) }
        let result = unsafe invoke(callable, name, data, contentType, collector, deadline)
        return (service, Self.ending(result, by: deadline, nil))
      }
    } catch {
      throw CallFault(ErrorReport(error), policy: absentPolicy(name), mayFallBack: true)
    }
    try check(ending, service, name)
    return collector.bytes
  }

  /// What holds for calls of a service that nobody offers.
  private func absentPolicy(_ name: String) -> CallPolicy? {
    core.services.guards.policy(for: name)?.policy(for: caller)
  }

  /// Makes a call past the rate limit, the bulkhead and the breaker that there are for it.
  private func pass(
    _ service: Service, _ guarding: ServiceGuard?, _ callable: Callable, _ name: String,
    _ data: dvt_bytes, _ contentType: String, _ collector: ReplyCollector, _ deadline: Deadline
  ) -> Ending {
    var callGuard = guarding?.callGuard(of: caller)
    if let options, !options.breaker.isEmpty {
      do throws(BusError) {
        callGuard = try core.services.guards.callGuard(
          named: Breaker.Name(
            service: name, provider: service.owner.name, caller: caller, label: options.breaker),
          beside: callGuard)
      } catch {
        return .unnamed(error)
      }
    }
    guard let callGuard else {
      let limit = options?.limited(deadline) ?? deadline
      let result = unsafe invoke(callable, name, data, contentType, collector, limit)
      return Self.ending(result, by: limit, nil)
    }
    do throws(CallGuard.Refusal) {
      let entry = try callGuard.enter(until: deadline)
      let limit = callGuard.deadline(deadline, limit: options?.timeLimit)
      let result = unsafe invoke(callable, name, data, contentType, collector, limit)
      let ending = Self.ending(result, by: limit, callGuard)
      callGuard.leave(entry, Self.outcome(ending))
      return ending
    } catch {
      return .rejected(error, callGuard)
    }
  }

  private static func ending(
    _ result: CallResult, by deadline: Deadline, _ callGuard: CallGuard?
  ) -> Ending {
    let isLate = result.code == DVT_OK && deadline.hasPassed
    return result.code == DVT_OK && !isLate ? .answered : .failed(result, isLate: isLate, callGuard)
  }

  private static func outcome(_ ending: Ending) -> CircuitBreaker.Outcome {
    guard case .failed(let result, let isLate, let callGuard?) = ending else { return .success }
    return outcome(result, isLate: isLate, callGuard.policy)
  }

  /// What a call says of who was called.
  private static func outcome(
    _ result: CallResult, isLate: Bool, _ policy: CallPolicy
  ) -> CircuitBreaker.Outcome {
    if result.code == DVT_OK, !isLate { return .success }
    let code = isLate ? DVT_TIMEOUT : result.failure.map { ErrorReport($0, "").code } ?? result.code
    if policy.failures.contains(code) { return .failure }
    return result.failure == nil ? .success : .ignored
  }

  /// The same of a request on a topic.
  ///
  /// - Parameters:
  ///   - result: `nil` when the responder had ended.
  ///   - deadline: When nobody waited any more.
  ///   - policy: What counts as a failure.
  /// - Returns: What it says of the responder.
  static func outcome(
    _ result: CallResult?, by deadline: Deadline, _ policy: CallPolicy
  ) -> CircuitBreaker.Outcome {
    guard let result else { return .ignored }
    return outcome(result, isLate: result.code == DVT_OK && deadline.hasPassed, policy)
  }

  // MARK: The fallback

  /// Has another service answer, where there is one.
  private func fallBack(
    _ fault: CallFault, _ name: String, _ data: dvt_bytes, _ contentType: String,
    _ deadline: Deadline
  ) throws(ErrorReport) -> [UInt8] {
    guard fault.mayFallBack, options?.fallsBack ?? true else { throw fault.report }
    let own = options.flatMap { $0.fallback.isEmpty ? nil : $0.fallback }
    guard let fallback = own ?? fault.policy?.fallback, fallback != name else { throw fault.report }
    fault.breaker?.noteFallback()
    // What the operator put in the place of a service needs no further permission.
    var next = ServiceCaller(
      core: core, caller: caller, permissions: own == nil ? nil : permissions)
    next.options = CallOptions(fallsBack: false)
    do throws(ErrorReport) {
      return unsafe try next.call(
        fallback, data: data, contentType: contentType, deadline: deadline)
    } catch {
      throw ErrorReport(
        fault.report.code,
        "\(fault.report.message); its fallback '\(fallback)' failed too: \(error.message)",
        retryable: fault.report.retryable)
    }
  }

  private func invoke(
    _ callable: Callable, _ name: String, _ data: dvt_bytes, _ contentType: String,
    _ collector: ReplyCollector, _ deadline: Deadline
  ) -> CallResult {
    let patience = min(deadline.remaining ?? .max, core.limits.gatePatience)
    return unsafe withText(name) { name in
      unsafe withText(caller) { caller in
        unsafe withText(contentType) { contentType in
          let request = unsafe dvt_request(
            struct_size: UInt32(MemoryLayout<dvt_request>.size), abi_major: UInt16(DVT_ABI_MAJOR),
            abi_minor: UInt16(DVT_ABI_MINOR), service: name, caller: caller,
            datacontenttype: contentType, data: data,
            deadline_ms: max(1, (deadline.remaining ?? 600_000_000_000) / 1_000_000))
          var call = unsafe br_request(request: request, reply: collector.sink)
          return unsafe withUnsafeMutablePointer(to: &call) { call in
            unsafe callable.call(patience: patience, call, br_answer)
          }
        }
      }
    }
  }

  // MARK: What came of it

  private func check(
    _ ending: Ending, _ service: Service, _ name: String
  ) throws(CallFault) {
    switch ending {
    case .answered: return
    case .failed(let result, let isLate, let callGuard):
      let provider = unsafe ServiceProvider.behind(service.context)
      let report = report(result, isLate: isLate, service.owner, provider?.instance, name)
      let failures = callGuard?.policy.failures ?? Self.failures
      throw CallFault(
        report, policy: callGuard?.policy, breaker: callGuard?.breaker,
        mayFallBack: failures.contains(report.code))
    case .rejected(let refusal, let callGuard):
      core.losses.note(refusal.loss, service.owner.name)
      throw CallFault(
        ErrorReport(refusal, "service '\(name)' of \(service.owner)"), policy: callGuard.policy,
        breaker: callGuard.breaker, mayFallBack: true)
    case .unnamed(let error): throw CallFault(ErrorReport(error))
    case .denied:
      let denial =
        permissions?.denialOfService(name, provider: service.owner.name)
        ?? "service '\(name)' may not be called"
      core.noteDenial(caller, denial)
      throw CallFault(ErrorReport(DVT_DENIED, denial))
    }
  }

  /// Codes that are failures where no policy says which.
  private static let failures = HostConfiguration.Calls().policy().failures

  /// Why a call failed that was made.
  ///
  /// - Parameters:
  ///   - result: What came of it.
  ///   - isLate: Whether it succeeded after its deadline.
  ///   - owner: Who offers the service.
  ///   - provider: The same as a plugin's generation; `nil` for a service of the host's own.
  ///   - name: Of the service.
  /// - Returns: What the caller is told; what the provider is to be told of was noted.
  func report(
    _ result: CallResult, isLate: Bool, _ owner: Owner, _ provider: PluginInstance?, _ name: String
  ) -> ErrorReport {
    if isLate {
      core.losses.note(.replyLate, owner.name)
      return ErrorReport(
        DVT_TIMEOUT, "service '\(name)' of \(owner) answered after the deadline", retryable: true)
    }
    if let failure = result.failure {
      core.losses.note(failure, caller)
      var report = ErrorReport(failure, "service '\(name)' of \(owner)")
      if failure == .crashed, let provider {
        core.onCrash(provider, result.fault, "service \(name)")
        if let cause = provider.lastError { report.message += ": \(cause)" }
      }
      return report
    }
    let report = ErrorCollector.ofThread?.take()
    provider?.noteFailure(
      report?.message ?? "service \(name) failed with code \(CodeName.of(result.code))")
    return ErrorReport(
      result.code,
      report?.message
        ?? "service '\(name)' of \(owner) failed with code \(CodeName.of(result.code))",
      retryable: report?.retryable ?? false)
  }
}
