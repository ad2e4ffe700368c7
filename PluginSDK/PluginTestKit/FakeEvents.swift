import CDovetail
import PluginSDK
import Synchronization

/// `dovetail.events/1`.
enum FakeEvents {
  /// Publishes within handlers, one in another.
  private static let maximumDepth = 32

  static func table() -> dvt_events {
    var table = dvt_events.headed()
    unsafe table.topic = { host, name, out, error in
      unsafe FakeEvents.topic(host, name.string, out, error)
    }
    unsafe table.publish = { host, topic, event, error in
      guard let core = unsafe Seat.of(host)?.core, topic > 0 else { return DVT_INVALID }
      let name = core.state.withLock { state in
        topic <= UInt64(state.topics.count) ? state.topics[Int(topic) - 1] : nil
      }
      guard let name else { return DVT_INVALID }
      return unsafe FakeEvents.publish(host, name, event, error)
    }
    unsafe table.publish_named = { host, event, error in
      guard let event = unsafe event else { return DVT_INVALID }
      return unsafe FakeEvents.publish(host, event.pointee.type.string, event, error)
    }
    unsafe table.subscribe = { host, options, handler, context, out, sink in
      guard let seat = unsafe Seat.of(host), let options = unsafe options else {
        return DVT_INVALID
      }
      do throws(PluginError) {
        let wishes = try unsafe Wishes(options)
        let entry = unsafe Entry(.subscription, seat, name: wishes.name, context)
        entry.wishes = wishes
        unsafe entry.onEvent = unsafe handler
        return unsafe seat.core.enter(entry, out)
      } catch {
        unsafe error.report(to: sink)
        return error.code.rawValue
      }
    }
    unsafe table.unsubscribe = { host, handle, done, context, _ in
      unsafe Seat.of(host)?.core.end(handle, done, context) ?? DVT_INVALID
    }
    return table
  }

  private static func topic(
    _ host: UnsafePointer<dvt_host>?, _ name: String, _ out: UnsafeMutablePointer<dvt_topic>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let core = unsafe Seat.of(host)?.core else { return DVT_INVALID }
    guard TopicMatcher(name, allowingWildcards: false) != nil else {
      return unsafe refuse(error, "\"\(name)\" is no topic")
    }
    unsafe out?.pointee = core.state.withLock { state in
      if let known = state.topics.firstIndex(of: name) { return UInt64(known + 1) }
      state.topics.append(name)
      return UInt64(state.topics.count)
    }
    return DVT_OK
  }

  /// Reports a malformed argument.
  static func refuse(_ sink: UnsafePointer<dvt_error_sink>?, _ message: String) -> Int32 {
    unsafe PluginError(.invalid, message, domain: "dovetail").report(to: sink)
    return DVT_INVALID
  }

  private static func publish(
    _ host: UnsafePointer<dvt_host>?, _ topic: String, _ event: UnsafePointer<dvt_event>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let seat = unsafe Seat.of(host), let event = unsafe event else { return DVT_INVALID }
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    var sent = unsafe event.pointee
    unsafe sent.type = unsafe arena.text(topic)
    unsafe sent.source = unsafe arena.text(seat.plugin)
    unsafe sent.attempt = 1
    return unsafe publish(&sent, topic, seat.core, error)
  }

  /// Publishes what has its source and topic: past interceptors, along routes, to handlers.
  static func publish(
    _ sent: inout dvt_event, _ topic: String, _ core: HostCore,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard core.state.withLock({ $0.depth < maximumDepth }) else { return DVT_DEPTH }
    let arena = Arena()
    defer { withExtendedLifetime(arena) {} }
    let interceptors = core.interceptors(around: topic, at: DVT_STAGE_EVENT)
    if !interceptors.isEmpty {
      switch unsafe core.pass(&sent, by: interceptors) {
      case .success(.some(let left)):
        let type = unsafe sent.type
        let source = unsafe sent.source
        unsafe sent = unsafe left.raw(arena)
        unsafe sent.type = unsafe type
        unsafe sent.source = unsafe source
      case .success(.none): return DVT_OK
      case .failure(let refusal):
        unsafe PluginError(.denied, refusal.message, domain: refusal.domain).report(to: error)
        return DVT_DENIED
      }
    }
    let present = unsafe withUnsafePointer(to: sent) { unsafe Event(EventView($0)) }
    if let misfit = core.misfit(of: present, topic) {
      unsafe misfit.report(to: error)
      return DVT_INVALID
    }
    if unsafe core.route(sent, topic) { return DVT_OK }
    let deliveries = unsafe core.accept(&sent, topic)
    for delivery in deliveries { unsafe core.deliver(delivery, &sent) }
    core.drain()
    return DVT_OK
  }
}

extension HostCore {
  /// Takes an event past interceptors.
  ///
  /// - Returns: What they left of it, `nil` when one kept it to itself, or a refusal.
  fileprivate func pass(
    _ event: inout dvt_event, by interceptors: [Entry]
  ) -> Result<Event?, PluginError> {
    defer { for entry in interceptors { returned(entry) } }
    var present = unsafe withUnsafePointer(to: event) { unsafe Event(EventView($0)) }
    for entry in interceptors {
      let arena = Arena()
      defer { withExtendedLifetime(arena) {} }
      var raw = unsafe present.raw(arena)
      unsafe raw.type = unsafe event.type
      unsafe raw.source = unsafe event.source
      let verdict = FakeVerdict()
      let refusal = unsafe withUnsafePointer(to: &raw) { raw in
        var exchange = unsafe dvt_exchange.headed()
        unsafe exchange.stage = DVT_STAGE_EVENT
        unsafe exchange.name = unsafe raw.pointee.type
        unsafe exchange.caller = unsafe raw.pointee.source
        unsafe exchange.event = unsafe raw
        unsafe exchange.datacontenttype = unsafe raw.pointee.datacontenttype
        unsafe exchange.data = unsafe raw.pointee.data
        return unsafe verdict.ask(entry, exchange)
      }
      if let refusal { return .failure(refusal) }
      if verdict.answer != nil { return .success(nil) }
      present = verdict.event ?? present
    }
    return .success(present)
  }

  /// Numbers and records an event, queues it where wanted, and says who is called at once, first come first.
  func accept(_ event: inout dvt_event, _ topic: String) -> [Delivery] {
    let (concerned, sequence) = state.withLock { state in
      state.depth += 1
      let sequence = state.sequences[topic, default: 0] + 1
      state.sequences[topic] = sequence
      return (state.subscribers(of: topic), sequence)
    }
    unsafe event.sequence = sequence
    let copy = unsafe withUnsafePointer(to: event) { unsafe Event(EventView($0)) }
    let deliveries = concerned.map { Delivery(entry: $0, event: copy) }
    return state.withLock { state in
      state.published.append(copy)
      return deliveries.filter { delivery in
        guard delivery.entry.wishes?.isAsync == true else { return true }
        state.enqueue(delivery)
        return false
      }
    }
  }

  /// At the outermost publish, delivers what was queued meanwhile.
  func drain() {
    while let next = state.withLock({ $0.takeQueued() }) { deliver(next) }
    state.withLock { $0.depth -= 1 }
  }
}

extension HostCore.State {
  /// The subscriptions that a topic concerns: higher priority first, then order of registration.
  func subscribers(of topic: String) -> [Entry] {
    entries.values.filter { $0.wishes?.pattern.matches(topic) == true }.sorted {
      ($1.wishes?.priority ?? 0, $0.token) < ($0.wishes?.priority ?? 0, $1.token)
    }
  }

  fileprivate mutating func enqueue(_ delivery: Delivery) {
    guard let wishes = delivery.entry.wishes,
      wishes.conditions.allSatisfy({ $0.holds(for: delivery.event) })
    else { return }
    if wishes.coalesces, let key = wishes.key.key(of: delivery.event) {
      queue.removeAll { $0.entry === delivery.entry && wishes.key.key(of: $0.event) == key }
    }
    queue.append(delivery)
  }

  fileprivate mutating func takeQueued() -> Delivery? {
    guard depth == 1, let next = queue.firstIndex(where: { !$0.entry.isHolding }) else {
      return nil
    }
    return queue.remove(at: next)
  }
}
