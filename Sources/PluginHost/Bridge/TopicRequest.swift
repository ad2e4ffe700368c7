import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// Makes a request of everybody who answers on a topic.
struct TopicRequest: Sendable {
  /// Which replies are wanted; the numbers are those of `DVT_REPLIES_…`.
  enum Replies: UInt32, Sendable {
    case first
    case all
    case combined
  }

  let core: HostCore
  let topic: String
  /// Id of the plugin that asks, or `dovetail`.
  let caller: String
  /// What the caller may call; `nil` for the operator.
  let permissions: PermissionPatterns?
  let data: [UInt8]
  let contentType: String
  let replies: Replies
  let deadline: Deadline

  /// Asks and waits.
  ///
  /// - Parameters:
  ///   - round: Ends it early by `end`.
  ///   - receive: Gets each reply on this thread; answers whether it wants more.
  /// - Throws: `ErrorReport`; what was received stands.
  func run(_ round: RequestRound, _ receive: (TopicReply) -> Bool) throws(ErrorReport) {
    if UInt64(data.count) > ServiceCaller.largest {
      throw ErrorReport(DVT_TOO_LARGE, "a request carries at most 16 MiB")
    }
    try checkPermission()
    let chain = RequestChain(
      core: core, name: topic, caller: caller, deadline: deadline, asksBack: replies != .all)
    var wasAsked = false
    var from = (responder: "dovetail", name: "")
    let reply: Result<[UInt8], ErrorReport> = unsafe withBytes(data) { data in
      Result { () throws(ErrorReport) in
        unsafe try chain.run(data, contentType: contentType) {
          data, contentType throws(ErrorReport) in
          wasAsked = true
          ask(round, Asking(data: unsafe data.array, contentType: contentType))
          guard replies != .all else {
            try gather(round) { receive(chain.back($0)) }
            return []
          }
          let reply = try replies == .first ? first(round) : combined(round, contentType)
          from = (reply.responder, reply.name)
          return try reply.result.get()
        }
      }
    }
    guard replies != .all || !wasAsked else {
      _ = try reply.get()
      return
    }
    let left = TopicReply(
      responder: from.responder, name: from.name, place: 0, result: .success(try reply.get()))
    _ = receive(left)
  }

  private func checkPermission() throws(ErrorReport) {
    guard let permissions else { return }
    for responder in core.responders.all(.answers, for: topic) {
      let provider = responder.owner.name
      guard let denial = permissions.denialOfService(topic, provider: provider) else { continue }
      core.noteDenial(caller, denial)
      throw ErrorReport(DVT_DENIED, denial)
    }
  }

  /// What the interceptors left of the request; jobs hold it as long as they run.
  private final class Asking: Sendable {
    let data: [UInt8]
    let contentType: String

    init(data: [UInt8], contentType: String) {
      self.data = data
      self.contentType = contentType
    }
  }

  // MARK: Asking

  private func ask(_ round: RequestRound, _ asking: Asking) {
    let responders = core.responders.all(.answers, for: topic)
    round.ask(responders.map(\.owner.name))
    for (place, responder) in responders.enumerated() {
      core.bus.workers.submit { [self] in
        answer(round, asking, responder, place)
      }
    }
  }

  /// Lets one responder answer; says whether it crashed.
  private func answer(
    _ round: RequestRound, _ asking: Asking, _ responder: Responder, _ place: Int
  ) -> Bool {
    guard !round.isOver else { return false }
    let collector = ReplyCollector(until: { round.isOver })
    let callGuard = core.services.guards.serviceGuard(of: topic, by: responder.owner.name)?
      .callGuard(of: caller)
    let entry: CallGuard.Entry?
    do throws(CallGuard.Refusal) {
      // Nobody waits here for a turn or a place: the thread is one that all requests share.
      entry = try callGuard?.enter(until: Deadline(nanoseconds: 0))
    } catch {
      core.losses.note(error.loss, responder.owner.name)
      let report = ErrorReport(error, "responder '\(responder.name)' of \(responder.owner)")
      _ = round.take(
        TopicReply(
          responder: responder.owner.name, name: responder.name, place: place,
          result: .failure(report)))
      return false
    }
    let outcome = core.responders.with(responder) { callable in
      invoke(callable, asking, collector)
    }
    if let callGuard, let entry {
      callGuard.leave(entry, ServiceCaller.outcome(outcome, by: deadline, callGuard.policy))
    }
    let result = outcome.map { self.result($0, of: responder, collector) }
    let gone = ErrorReport(
      DVT_UNAVAILABLE, "responder '\(responder.name)' of \(responder.owner) ended meanwhile",
      retryable: true)
    let late = round.take(
      TopicReply(
        responder: responder.owner.name, name: responder.name, place: place,
        result: result ?? .failure(gone)))
    // What is late by the deadline was counted then.
    if late == .answered || late == .cancelled {
      core.losses.note(.replyLate, responder.owner.name)
    }
    return outcome?.failure == .crashed
  }

  private func invoke(
    _ callable: Callable, _ asking: Asking, _ collector: ReplyCollector
  ) -> CallResult {
    let patience = min(deadline.remaining ?? .max, core.limits.gatePatience)
    return unsafe lend(asking) { request in
      unsafe PluginCall.run(callable, patience: patience) { sink in
        guard let provider = unsafe Self.provider(unsafe hs_entry_user(hs_present_entry())),
          case .answers(let function) = provider.function
        else { return DVT_GONE }
        return unsafe function(
          provider.context, request, collector.sink,
          sink?.assumingMemoryBound(to: dvt_error_sink.self))
      }
    }
  }

  private static func provider(_ user: UnsafeMutableRawPointer?) -> ResponderProvider? {
    guard let user = unsafe user else { return nil }
    return unsafe Unmanaged<ResponderProvider>.fromOpaque(user).takeUnretainedValue()
  }

  private func lend(
    _ asking: Asking, _ body: (UnsafePointer<dvt_request>) -> CallResult
  ) -> CallResult {
    unsafe withText(topic) { topic in
      unsafe withText(caller) { caller in
        unsafe withText(asking.contentType) { contentType in
          unsafe withBytes(asking.data) { data in
            var request = unsafe dvt_request(
              struct_size: UInt32(MemoryLayout<dvt_request>.size), abi_major: UInt16(DVT_ABI_MAJOR),
              abi_minor: UInt16(DVT_ABI_MINOR), service: topic, caller: caller,
              datacontenttype: contentType, data: data,
              deadline_ms: max(1, (deadline.remaining ?? 600_000_000_000) / 1_000_000))
            return unsafe withUnsafePointer(to: &request) { unsafe body($0) }
          }
        }
      }
    }
  }

  /// What came of a call, with what its plugin is to blame for.
  private func result(
    _ result: CallResult, of responder: Responder, _ collector: ReplyCollector
  ) -> Result<[UInt8], ErrorReport> {
    let what = "responder '\(responder.name)' of \(responder.owner)"
    if result.code == DVT_OK { return .success(collector.bytes) }
    let instance = unsafe Self.provider(unsafe responder.user)?.instance
    if let failure = result.failure {
      core.losses.note(failure, caller)
      if failure == .crashed, let instance {
        core.onCrash(instance, result.fault, "a request on \(topic)")
      }
      return .failure(ErrorReport(failure, what))
    }
    let report = ErrorCollector.ofThread?.take()
    let message = report?.message ?? "\(what) failed with code \(result.code)"
    instance?.noteFailure(message)
    return .failure(ErrorReport(result.code, message, retryable: report?.retryable ?? false))
  }

  // MARK: Gathering

  /// Shows every reply that comes in time.
  private func gather(
    _ round: RequestRound, _ receive: (TopicReply) -> Bool
  ) throws(ErrorReport) {
    var count = 0
    while let reply = round.next(until: deadline) {
      count += 1
      if !receive(reply) { round.end(.answered) }
    }
    let (end, missing) = round.finish()
    switch end {
    case .cancelled: throw ErrorReport(DVT_GONE, "the request on '\(topic)' was cancelled")
    case .late:
      for plugin in missing { core.losses.note(.replyLate, plugin) }
      throw ErrorReport(
        DVT_TIMEOUT,
        "no reply on '\(topic)' by the deadline from \(Set(missing).sorted().joined(separator: ", "))",
        retryable: true)
    case .answered where count == 0:
      throw ErrorReport(
        DVT_NOT_FOUND,
        "nobody answers requests on '\(topic)'; 'dovetail list' shows which plugins are active")
    case .answered: return
    }
  }

  /// The first success; without one, the failure of the first responder in order.
  private func first(_ round: RequestRound) throws(ErrorReport) -> TopicReply {
    var success: TopicReply?
    var failures: [TopicReply] = []
    try gather(round) { reply in
      if case .success = reply.result { success = reply } else { failures.append(reply) }
      return success == nil
    }
    if let reply = success ?? failures.min(by: { $0.place < $1.place }) { return reply }
    throw ErrorReport(DVT_FAILED, "no reply on '\(topic)'")
  }

  /// What the combiner makes of all replies; without one, the success of the first responder in order.
  private func combined(
    _ round: RequestRound, _ contentType: String
  ) throws(ErrorReport) -> TopicReply {
    var replies: [TopicReply] = []
    do throws(ErrorReport) {
      try gather(round) { reply in
        replies.append(reply)
        return true
      }
    } catch {
      guard error.code == DVT_TIMEOUT, !replies.isEmpty else { throw error }
    }
    replies.sort { $0.place < $1.place }
    guard let combiner = core.responders.all(.combines, for: topic).first else {
      let success = replies.first { if case .success = $0.result { true } else { false } }
      guard let reply = success ?? replies.first else {
        throw ErrorReport(DVT_FAILED, "no reply on '\(topic)'")
      }
      return reply
    }
    let collector = ReplyCollector()
    let asking = Asking(data: data, contentType: contentType)
    let outcome = core.responders.with(combiner) { callable in
      unsafe TopicReply.lend(replies[...]) { raw in
        unsafe combine(callable, asking, raw, collector)
      }
    }
    let gone = ErrorReport(DVT_UNAVAILABLE, "the combiner of '\(topic)' ended meanwhile")
    return TopicReply(
      responder: combiner.owner.name, name: combiner.name, place: 0,
      result: outcome.map { result($0, of: combiner, collector) } ?? .failure(gone))
  }

  private func combine(
    _ callable: Callable, _ asking: Asking, _ replies: [dvt_reply], _ collector: ReplyCollector
  ) -> CallResult {
    unsafe lend(asking) { request in
      unsafe replies.withUnsafeBufferPointer { replies in
        unsafe PluginCall.run(callable, patience: core.limits.gatePatience) { sink in
          guard let provider = unsafe Self.provider(unsafe hs_entry_user(hs_present_entry())),
            case .combines(let function) = provider.function
          else { return DVT_GONE }
          return unsafe function(
            provider.context, request, replies.baseAddress, UInt64(replies.count), collector.sink,
            sink?.assumingMemoryBound(to: dvt_error_sink.self))
        }
      }
    }
  }
}
