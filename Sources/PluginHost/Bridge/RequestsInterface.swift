import CBridge
import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// `dovetail.requests/1`.
@safe enum RequestsInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(
    dvt_requests(
      struct_size: UInt32(MemoryLayout<dvt_requests>.size), abi_major: UInt16(DVT_ABI_MAJOR),
      abi_minor: UInt16(DVT_ABI_MINOR),
      respond: { host, options, handler, context, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let options = unsafe options, let handler = unsafe handler, let out = unsafe out
          else { throw ErrorReport(DVT_INVALID, "options, handler and out must not be NULL") }
          unsafe out.pointee = try add(instance, options, .answers(handler), .answers, context)
          return DVT_OK
        }
      },
      combine: { host, options, combiner, context, out, error in
        unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
          guard let options = unsafe options, let combiner = unsafe combiner, let out = unsafe out
          else { throw ErrorReport(DVT_INVALID, "options, combiner and out must not be NULL") }
          unsafe out.pointee = try add(instance, options, .combines(combiner), .combines, context)
          return DVT_OK
        }
      },
      withdraw: { host, handle, done, context, error in
        unsafe Withdrawal.run(host, handle, done, context, error)
      },
      request: { host, topic, request, replies, handler, context, error in
        unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
          guard let request = unsafe request, let handler = unsafe handler else {
            throw ErrorReport(DVT_INVALID, "request and handler must not be NULL")
          }
          let asked = try unsafe read(instance, topic.text, request, replies)
          try asked.run(RequestRound()) { reply in
            unsafe reply.lend { raw in
              var raw = unsafe raw
              return unsafe br_reply_receive(handler, context, &raw) == DVT_OK
            }
          }
          return DVT_OK
        }
      },
      begin: { host, topic, request, replies, handler, done, context, out, error in
        unsafe ABIEntry.call(host, error, inShadow: .refused) { instance throws(ErrorReport) in
          guard let request = unsafe request, let handler = unsafe handler, let done = unsafe done,
            let out = unsafe out
          else { throw ErrorReport(DVT_INVALID, "request, handler, done and out must not be NULL") }
          try ABIEntry.checkRegistering(instance)
          let asked = try unsafe read(instance, topic.text, request, replies)
          unsafe out.pointee = try begin(
            instance, asked, Listener(handler: handler, done: done, context: context))
          return DVT_OK
        }
      },
      cancel: { host, handle, error in
        unsafe Withdrawal.run(host, handle, nil, nil, error)
      }))

  private static func add(
    _ instance: PluginInstance, _ given: UnsafePointer<dvt_responder>,
    _ function: ResponderProvider.Function, _ role: Responder.Role,
    _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    try unsafe ABIEntry.checkSize(
      given.pointee.struct_size, "dvt_responder", atLeast: MemoryLayout<dvt_responder>.size)
    let options = unsafe given.pointee
    let core = instance.core
    let pattern: TopicPattern
    do throws(BusError) { pattern = try TopicPattern(unsafe options.pattern.text) } catch {
      throw ErrorReport(error)
    }
    if let denial = instance.patterns.denialOfSubscribe(pattern) {
      core.noteDenial(instance.id, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
    let provider = unsafe ResponderProvider(function, context: context, instance: instance)
    let name = unsafe options.name.text
    let responder = unsafe Responder(
      role, owner: instance.owner, name: name.isEmpty ? instance.ordinalName("\(pattern)") : name,
      pattern: pattern, priority: options.priority,
      user: Unmanaged.passUnretained(provider).toOpaque(), keepAlive: provider)
    do throws(BusError) {
      try core.responders.add(responder, shadow: instance.mode == .shadow)
    } catch {
      throw ErrorReport(error)
    }
    return instance.register(.responder(responder))
  }

  private static func read(
    _ instance: PluginInstance, _ topic: String, _ given: UnsafePointer<dvt_request>,
    _ replies: UInt32
  ) throws(ErrorReport) -> TopicRequest {
    try unsafe ABIEntry.checkSize(
      given.pointee.struct_size, "dvt_request", atLeast: MemoryLayout<dvt_request>.size)
    if let problem = TopicName.problem(in: topic) { throw ErrorReport(DVT_INVALID, problem) }
    guard let replies = TopicRequest.Replies(rawValue: replies) else {
      throw ErrorReport(DVT_INVALID, "replies is \(replies), expected one of DVT_REPLIES_…")
    }
    let request = unsafe given.pointee
    guard unsafe request.data.len <= ServiceCaller.largest else {
      throw ErrorReport(DVT_TOO_LARGE, "a request carries at most 16 MiB")
    }
    let wanted = unsafe request.deadline_ms
    return unsafe TopicRequest(
      core: instance.core, topic: topic, caller: instance.id, permissions: instance.patterns,
      data: request.data.array, contentType: request.datacontenttype.text, replies: replies,
      deadline: .after(milliseconds: Int(clamping: wanted == 0 ? 5000 : min(wanted, 600_000))))
  }

  @safe private struct Listener: @unchecked Sendable {
    // Safe: the plugin keeps `context` valid until `done` has returned.
    let handler: dvt_reply_handler
    let done: dvt_completion
    let context: UnsafeMutableRawPointer?
  }

  private static func begin(
    _ instance: PluginInstance, _ asked: TopicRequest, _ listener: Listener
  ) throws(ErrorReport) -> dvt_handle {
    guard instance.beginJob() else {
      instance.core.losses.note(.jobRefused, instance.id)
      throw ErrorReport(
        DVT_FULL, "65536 jobs of \(instance.owner) wait already", retryable: true)
    }
    let round = RequestRound()
    let handle = instance.register(.request(round))
    instance.core.bus.workers.submit {
      let crashed = run(instance, asked, round, listener, handle)
      instance.endJob()
      return crashed
    }
    return handle
  }

  /// Carries out a request that was begun; says whether the plugin crashed in what it asked to be called.
  private static func run(
    _ instance: PluginInstance, _ asked: TopicRequest, _ round: RequestRound, _ listener: Listener,
    _ handle: dvt_handle
  ) -> Bool {
    var code = DVT_OK
    var fault: Int32?
    do throws(ErrorReport) {
      try asked.run(round) { reply in
        let result = unsafe reply.lend { raw in
          var raw = unsafe raw
          return unsafe withUnsafePointer(to: &raw) { raw in
            unsafe PluginCall.run(instance.jobs) { _ in
              unsafe listener.handler(listener.context, raw)
            }
          }
        }
        if result.failure == .crashed { fault = result.fault }
        return result.code == DVT_OK
      }
    } catch {
      code = error.code
    }
    _ = instance.take(handle)
    if fault == nil {
      let result = unsafe PluginCall.run(instance.jobs) { [code] _ in
        unsafe listener.done(listener.context, code)
        return 0
      }
      if result.failure == .crashed { fault = result.fault }
    }
    guard let fault else { return false }
    instance.core.onCrash(instance, fault, "a reply on \(asked.topic)")
    return true
  }
}
