import CDovetail
import EventBus
import HostSupport

/// Takes one request past the interceptors to who answers it, and the reply past them back.
struct RequestChain {
  let core: HostCore
  /// Of the service or topic.
  let name: String
  /// Id of the plugin that calls, or `dovetail`.
  let caller: String
  let deadline: Deadline
  /// Whether the interceptors see the reply on its way back; else `back` is asked for each of several.
  var asksBack = true

  private typealias Step = (interceptor: Interceptor, callable: Callable)

  /// What is sent.
  @safe enum Body {
    /// As the caller gave it.
    case given(dvt_bytes, contentType: String)
    /// As an interceptor left it.
    case amended([UInt8], contentType: String)
  }

  /// Carries the request out.
  ///
  /// - Parameters:
  ///   - data: Borrowed.
  ///   - contentType: Media type of `data`.
  ///   - answer: Gets the reply to what the interceptors left of the request; called at most once.
  /// - Returns: What the interceptors left of the reply.
  /// - Throws: What the interceptors left of the failure, or an interceptor's refusal.
  func run(
    _ data: dvt_bytes, contentType: String,
    _ answer: (dvt_bytes, String) throws(ErrorReport) -> [UInt8]
  ) throws(ErrorReport) -> [UInt8] {
    guard core.bus.interceptsRequests else { return try unsafe answer(data, contentType) }
    return try core.bus.withInterceptors(around: name) { steps in
      Result { () throws(ErrorReport) in
        unsafe try run(.given(data, contentType: contentType), past: steps[...], answer)
      }
    }.get()
  }

  private func run(
    _ body: Body, past steps: ArraySlice<Step>,
    _ answer: (dvt_bytes, String) throws(ErrorReport) -> [UInt8]
  ) throws(ErrorReport) -> [UInt8] {
    guard let step = steps.first else {
      switch body {
      case .given(let data, let contentType): return try unsafe answer(data, contentType)
      case .amended(let data, let contentType): return unsafe try lend(data, contentType, answer)
      }
    }
    var body = body
    if step.interceptor.options.stages.contains(.requests) {
      switch ask(step, DVT_STAGE_REQUEST, body) {
      case .refused(let report): throw report
      case .passed(.answer(let reply)): return reply
      case .passed(.data(let data, let contentType)):
        body = .amended(data, contentType: contentType)
      case .passed(.nothing), .passed(.event): break
      }
    }
    let reply = Result { () throws(ErrorReport) in
      unsafe try run(body, past: steps.dropFirst(), answer)
    }
    return asksBack ? try back(reply, past: step) : try reply.get()
  }

  /// Takes one of several replies past all interceptors.
  func back(_ reply: TopicReply) -> TopicReply {
    guard core.bus.interceptsRequests else { return reply }
    let result = core.bus.withInterceptors(around: name) { steps in
      steps.reversed().reduce(reply.result) { result, step in
        Result { () throws(ErrorReport) in try back(result, past: step) }
      }
    }
    return TopicReply(
      responder: reply.responder, name: reply.name, place: reply.place, result: result)
  }

  /// Takes a reply, or a failure, past an interceptor.
  private func back(
    _ reply: Result<[UInt8], ErrorReport>,
    past step: Step
  ) throws(ErrorReport) -> [UInt8] {
    guard step.interceptor.options.stages.contains(.replies) else { return try reply.get() }
    var code = DVT_OK
    var bytes: [UInt8] = []
    switch reply {
    case .success(let data): bytes = data
    case .failure(let report): code = report.code
    }
    switch unsafe ask(step, DVT_STAGE_REPLY, .amended(bytes, contentType: ""), code: code) {
    case .refused(let report): throw report
    case .passed(.answer(let data)), .passed(.data(let data, _)): return data
    case .passed(.nothing), .passed(.event): return try reply.get()
    }
  }

  private func lend(
    _ data: [UInt8], _ contentType: String,
    _ answer: (dvt_bytes, String) throws(ErrorReport) -> [UInt8]
  ) throws(ErrorReport) -> [UInt8] {
    unsafe try withBytes(data) { data in
      Result { () throws(ErrorReport) in try unsafe answer(data, contentType) }
    }.get()
  }

  private func ask(
    _ step: Step, _ stage: UInt32, _ body: Body, code: Int32 = DVT_OK
  ) -> InterceptorCall.Outcome {
    switch body {
    case .given(let data, let contentType):
      return unsafe ask(step, stage, data, contentType, code)
    case .amended(let data, let contentType):
      return unsafe withBytes(data) { data in unsafe ask(step, stage, data, contentType, code) }
    }
  }

  private func ask(
    _ step: Step, _ stage: UInt32, _ data: dvt_bytes, _ contentType: String, _ code: Int32
  ) -> InterceptorCall.Outcome {
    let call = InterceptorCall(
      core: core, interceptor: step.interceptor, callable: step.callable)
    let patience = min(deadline.remaining ?? .max, core.limits.gatePatience)
    return unsafe withText(name) { name in
      unsafe withText(caller) { caller in
        unsafe withText(contentType) { contentType in
          unsafe call.run(
            dvt_exchange(
              struct_size: UInt32(MemoryLayout<dvt_exchange>.size),
              abi_major: UInt16(DVT_ABI_MAJOR), abi_minor: UInt16(DVT_ABI_MINOR), stage: stage,
              code: code, name: name, caller: caller, event: nil, datacontenttype: contentType,
              data: data), patience: patience)
        }
      }
    }
  }
}
