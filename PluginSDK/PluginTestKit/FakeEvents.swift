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
    unsafe table.subscribe = { host, options, handler, context, out, error in
      guard let seat = unsafe Seat.of(host), let options = unsafe options?.pointee else {
        return DVT_INVALID
      }
      let entry = unsafe Entry(
        .subscription, seat, name: options.name.string, pattern: options.pattern.string, context)
      guard FakeEvents.isTopic(entry.pattern, allowingWildcards: true) else {
        return unsafe FakeEvents.refuse(error, "\"\(entry.pattern)\" is no pattern of topics")
      }
      entry.priority = unsafe options.priority
      entry.isAsync = unsafe options.delivery == DVT_DELIVERY_ASYNC
      unsafe entry.onEvent = unsafe handler
      return unsafe seat.core.enter(entry, out)
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
    guard isTopic(name, allowingWildcards: false) else {
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

  private static func isTopic(_ text: String, allowingWildcards: Bool) -> Bool {
    guard (1...255).contains(text.utf8.count) else { return false }
    let segments = text.split(separator: ".", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      if allowingWildcards, segment == "*" { continue }
      if allowingWildcards, segment == ">", index == segments.count - 1 { continue }
      let isPlain = segment.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x2D
      }
      guard !segment.isEmpty, isPlain else { return false }
    }
    return true
  }

  private static func publish(
    _ host: UnsafePointer<dvt_host>?, _ topic: String, _ event: UnsafePointer<dvt_event>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    guard let seat = unsafe Seat.of(host), let event = unsafe event else { return DVT_INVALID }
    let core = seat.core
    guard core.state.withLock({ $0.depth < maximumDepth }) else { return DVT_DEPTH }
    let arena = Arena()
    var sent = unsafe event.pointee
    unsafe sent.type = unsafe arena.text(topic)
    unsafe sent.source = unsafe arena.text(seat.plugin)
    unsafe sent.attempt = 1
    let entries = unsafe core.accept(&sent, topic)
    for entry in entries where !entry.isAsync {
      unsafe core.call(entry) { unsafe entry.onEvent?(entry.context, &sent, $0) ?? DVT_INVALID }
    }
    withExtendedLifetime(arena) {}
    core.drain()
    return DVT_OK
  }
}

extension HostCore {
  /// Numbers and records an event, queues it where wanted, and says whom it concerns, first come first.
  fileprivate func accept(_ event: inout dvt_event, _ topic: String) -> [Entry] {
    let (entries, sequence) = state.withLock { state in
      state.depth += 1
      let sequence = state.sequences[topic, default: 0] + 1
      state.sequences[topic] = sequence
      let entries = state.entries.values
        .filter { $0.kind == .subscription && $0.matches(topic) }
        .sorted { ($0.priority, $1.token) > ($1.priority, $0.token) }
      return (entries, sequence)
    }
    unsafe event.sequence = sequence
    let copy = unsafe withUnsafePointer(to: event) { unsafe Event(EventView($0)) }
    state.withLock { state in
      state.published.append(copy)
      for entry in entries where entry.isAsync { state.queue.append((entry, copy)) }
    }
    return entries
  }

  /// At the outermost publish, delivers what was queued meanwhile.
  fileprivate func drain() {
    while let next = state.withLock({ state in
      state.depth == 1 && !state.queue.isEmpty ? state.queue.removeFirst() : nil
    }) {
      let arena = Arena()
      var event = unsafe next.event.raw(arena)
      unsafe call(next.entry) {
        unsafe next.entry.onEvent?(next.entry.context, &event, $0) ?? DVT_INVALID
      }
      withExtendedLifetime(arena) {}
    }
    state.withLock { $0.depth -= 1 }
  }
}

extension Event {
  /// The whole event as the ABI has it, for a queued delivery.
  fileprivate func raw(_ arena: Arena) -> dvt_event {
    var event = unsafe dvt_event.headed()
    unsafe event.type = unsafe arena.text(type)
    unsafe event.source = unsafe arena.text(source)
    unsafe event.id = unsafe arena.text(id)
    unsafe event.subject = unsafe arena.text(subject)
    unsafe event.datacontenttype = unsafe arena.text(contentType)
    unsafe event.dataschema = unsafe arena.text(dataSchema)
    unsafe event.time_ns = time
    unsafe event.sequence = sequence
    unsafe event.attempt = 1
    unsafe event.extensions = unsafe arena.attributes(extensions)
    unsafe event.extension_count = UInt64(extensions.count)
    unsafe event.data = unsafe arena.bytes(data)
    return unsafe event
  }
}
