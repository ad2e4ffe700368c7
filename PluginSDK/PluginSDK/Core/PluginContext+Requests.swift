import CDovetail

/// Which replies a request on a topic wants.
public enum Replies: Sendable, Equatable {
  /// The first reply that is a success; without one, the failure of the first responder in order.
  case first
  /// What the topic's combiner makes of all; without one, the success of the first responder in order.
  case combined

  var raw: UInt32 { self == .first ? DVT_REPLIES_FIRST : DVT_REPLIES_COMBINED }
}

extension PluginContext {
  /// Answers requests to topics; its calls run on threads of the host, possibly several at once.
  ///
  /// - Parameters:
  ///   - pattern: A topic, or segments with `*` (one segment) and a last `>` (one or more segments).
  ///   - name: Unique in the plugin; name it when it should be matched across a reload.
  ///   - priority: Higher first in order.
  ///   - handler: Returns the reply; what it throws becomes this responder's failure.
  /// - Returns: The registration; need not be kept.
  /// - Throws: `invalid`, `exists` (name), `full`, `denied` (`permissions.subscribe`) or `gone`.
  @discardableResult
  public func respond(
    to pattern: String, name: String = "", priority: Int32 = 0,
    _ handler: @escaping @Sendable (ServiceRequest) throws(PluginFailure) -> [UInt8]
  ) throws(PluginError) -> Registration {
    guard let respond = unsafe link.requests?.pointee.respond else {
      throw HostLink.missing("dovetail.requests/1")
    }
    let box = ServiceBox(handler)
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var raw = unsafe dvt_responder.headed(pattern, name, priority, arena)
    return unsafe try register(box, .responder) { handle, error in
      unsafe respond(link.host, &raw, ServiceBox.answer, box.pointer, handle, error)
    }
  }

  /// Makes one reply of all replies to requests to topics; of several combiners, the first in order does.
  ///
  /// - Parameters:
  ///   - pattern: As for `respond`.
  ///   - name: Unique in the plugin; name it when it should be matched across a reload.
  ///   - priority: Higher first in order.
  ///   - combiner: Gets the request and the replies, in the order of their responders; who was not in time is missing.
  /// - Returns: The registration; need not be kept.
  /// - Throws: As `respond`.
  @discardableResult
  public func combine(
    _ pattern: String, name: String = "", priority: Int32 = 0,
    _ combiner: @escaping @Sendable (ServiceRequest, [TopicReply]) throws(PluginFailure) -> [UInt8]
  ) throws(PluginError) -> Registration {
    guard let combine = unsafe link.requests?.pointee.combine else {
      throw HostLink.missing("dovetail.requests/1")
    }
    let box = CombinerBox(combiner)
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var raw = unsafe dvt_responder.headed(pattern, name, priority, arena)
    return unsafe try register(box, .responder) { handle, error in
      unsafe combine(link.host, &raw, CombinerBox.combine, box.pointer, handle, error)
    }
  }

  /// Makes a request of every responder at once and waits for one reply. Not between `quiesce()` and `resume()`.
  ///
  /// - Parameters:
  ///   - topic: What it is about.
  ///   - data: What to send, at most 16 MiB.
  ///   - contentType: The media type of `data`.
  ///   - replies: Which reply is wanted.
  ///   - timeout: Milliseconds, 1…600,000.
  /// - Returns: The reply.
  /// - Throws: The responder's or combiner's error, `notFound` (nobody answers), `timeout`, `denied` (`permissions.services`),
  ///   `notCommitted` or `gone`.
  public func request(
    _ topic: String, _ data: [UInt8], contentType: String = "", _ replies: Replies = .first,
    timeout: Int = 5_000
  ) throws(PluginError) -> TopicReply {
    let box = ReplyBox { _ in true }
    try request(topic, data, contentType, replies.raw, timeout, box)
    guard let reply = box.last else { throw PluginError(.failed, "no reply on \(topic)") }
    return reply
  }

  /// Makes a request of every responder at once and shows every reply as it comes.
  ///
  /// - Parameters:
  ///   - topic: What it is about.
  ///   - data: What to send, at most 16 MiB.
  ///   - contentType: The media type of `data`.
  ///   - timeout: Milliseconds, 1…600,000.
  ///   - receive: Gets each reply, on this thread; answers whether it wants more.
  /// - Throws: As `request`; `timeout` when some had not answered: what came stands.
  public func requestAll(
    _ topic: String, _ data: [UInt8], contentType: String = "", timeout: Int = 5_000,
    _ receive: @escaping @Sendable (TopicReply) -> Bool
  ) throws(PluginError) {
    try request(topic, data, contentType, DVT_REPLIES_ALL, timeout, ReplyBox(receive))
  }

  /// Makes a request of every responder at once without waiting.
  ///
  /// - Parameters:
  ///   - topic: What it is about.
  ///   - data: What to send, at most 16 MiB.
  ///   - contentType: The media type of `data`.
  ///   - timeout: Milliseconds, 1…600,000.
  ///   - receive: Gets each reply, on a thread of the host; answers whether it wants more.
  ///   - done: Told once how it ended, `nil` when all have answered.
  /// - Returns: What cancels it.
  /// - Throws: `invalid`, `full`, `notCommitted` or `gone`.
  @discardableResult
  public func beginRequest(
    _ topic: String, _ data: [UInt8], contentType: String = "", timeout: Int = 5_000,
    _ receive: @escaping @Sendable (TopicReply) -> Bool,
    done: @escaping @Sendable (PluginError.Code?) -> Void
  ) throws(PluginError) -> TopicRequestHandle {
    guard let begin = unsafe link.requests?.pointee.begin else {
      throw HostLink.missing("dovetail.requests/1")
    }
    let boxes = boxes
    let box = ReplyBox(receive)
    box.onDone { code in
      done(code == DVT_OK ? nil : PluginError.Code(rawValue: code))
      boxes.remove(box)
    }
    boxes.add(box)
    var handle = dvt_handle()
    do throws(PluginError) {
      unsafe try lend(topic, data, contentType, timeout) { topic, request, error in
        unsafe begin(
          link.host, topic, request, DVT_REPLIES_ALL, ReplyBox.receive, ReplyBox.done, box.pointer,
          &handle, error)
      }
    } catch {
      box.onDone(nil)
      boxes.remove(box)
      throw error
    }
    return TopicRequestHandle(context: self, handle: handle)
  }

  private func request(
    _ topic: String, _ data: [UInt8], _ contentType: String, _ replies: UInt32, _ timeout: Int,
    _ box: ReplyBox
  ) throws(PluginError) {
    guard let request = unsafe link.requests?.pointee.request else {
      throw HostLink.missing("dovetail.requests/1")
    }
    defer { withExtendedLifetime(box) {} }
    unsafe try lend(topic, data, contentType, timeout) { topic, raw, error in
      unsafe request(link.host, topic, raw, replies, ReplyBox.receive, box.pointer, error)
    }
  }

  private func lend(
    _ topic: String, _ data: [UInt8], _ contentType: String, _ timeout: Int,
    _ call: (dvt_str, UnsafePointer<dvt_request>, UnsafePointer<dvt_error_sink>) -> Int32
  ) throws(PluginError) {
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var raw = unsafe dvt_request.headed()
    unsafe raw.datacontenttype = unsafe arena.text(contentType)
    unsafe raw.data = unsafe arena.bytes(data)
    unsafe raw.deadline_ms = UInt64(clamping: timeout)
    let name = unsafe arena.text(topic)
    unsafe try attempt { unsafe call(name, &raw, $0) }
  }
}

extension dvt_responder {
  fileprivate static func headed(
    _ pattern: String, _ name: String, _ priority: Int32, _ arena: Arena
  ) -> dvt_responder {
    var raw = unsafe dvt_responder.headed()
    unsafe raw.pattern = unsafe arena.text(pattern)
    unsafe raw.name = unsafe arena.text(name)
    unsafe raw.priority = priority
    return unsafe raw
  }
}

/// A combiner's closure.
final class CombinerBox: Box, @unchecked Sendable {
  private let combiner: @Sendable (ServiceRequest, [TopicReply]) throws(PluginFailure) -> [UInt8]

  init(
    _ combiner: @escaping @Sendable (ServiceRequest, [TopicReply]) throws(PluginFailure) -> [UInt8]
  ) {
    self.combiner = combiner
  }

  static let combine: dvt_combiner = { pointer, request, replies, count, reply, error in
    guard let box = unsafe CombinerBox.from(pointer), let request = unsafe request else {
      return DVT_INVALID
    }
    return unsafe guarded(error) { () throws(PluginFailure) in
      let replies = unsafe UnsafeBufferPointer(start: replies, count: Int(count))
      let bytes = try box.combiner(
        unsafe ServiceRequest(request.pointee), unsafe replies.map { unsafe TopicReply($0) })
      unsafe try write(bytes, to: reply)
    }
  }
}

/// The closures of a request.
final class ReplyBox: Box, @unchecked Sendable {
  private let closure: @Sendable (TopicReply) -> Bool
  private let state = Guarded<(last: TopicReply?, done: (@Sendable (Int32) -> Void)?)>((nil, nil))

  init(_ closure: @escaping @Sendable (TopicReply) -> Bool) { self.closure = closure }

  /// The reply that came last.
  var last: TopicReply? { state.withLock { $0.last } }

  /// Names what is called at the end, once; it is kept until then.
  func onDone(_ body: (@Sendable (Int32) -> Void)?) { state.withLock { $0.done = body } }

  static let receive: dvt_reply_handler = { pointer, reply in
    guard let box = unsafe ReplyBox.from(pointer), let reply = unsafe reply else {
      return DVT_INVALID
    }
    let copy = unsafe TopicReply(reply.pointee)
    box.state.withLock { $0.last = copy }
    return box.closure(copy) ? DVT_OK : DVT_FAILED
  }

  static let done: dvt_completion = { pointer, code in
    guard let box = unsafe ReplyBox.from(pointer) else { return }
    let ended = box.state.withLock { state in
      defer { state.done = nil }
      return state.done
    }
    ended?(code)
  }
}
