import CBridge
import CDovetail
import CHostSupport
import EventBus
import HostSupport

/// `dovetail.events/1`.
@safe enum EventsInterface {
  nonisolated(unsafe) static let table = unsafe HostTable.eternal(functions)

  private static let functions = unsafe dvt_events(
    struct_size: UInt32(MemoryLayout<dvt_events>.size), abi_major: UInt16(DVT_ABI_MAJOR),
    abi_minor: UInt16(DVT_ABI_MINOR),
    topic: { host, name, out, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        guard let out = unsafe out else { throw ErrorReport(DVT_INVALID, "out is NULL") }
        unsafe out.pointee = try open(instance, name.text)
        return DVT_OK
      }
    },
    publish: br_publish,
    publish_named: br_publish_named,
    subscribe: { host, options, handler, context, out, error in
      unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
        guard let options = unsafe options, let handler = unsafe handler, let out = unsafe out
        else { throw ErrorReport(DVT_INVALID, "options, handler and out must not be NULL") }
        unsafe out.pointee = try subscribe(
          instance, SubscriptionReading.read(options), handler, context)
        return DVT_OK
      }
    },
    unsubscribe: { host, handle, done, context, error in
      unsafe Withdrawal.run(host, handle, done, context, error)
    })

  private static func checkMayPublish(
    _ instance: PluginInstance, _ name: String
  ) throws(ErrorReport) {
    guard let denial = instance.patterns.denialOfPublish(name) else { return }
    instance.core.noteDenial(instance.id, denial)
    throw ErrorReport(DVT_DENIED, denial)
  }

  private static func open(_ instance: PluginInstance, _ name: String) throws(ErrorReport) -> UInt64
  {
    try checkMayPublish(instance, name)
    do throws(BusError) {
      let topic = try instance.core.bus.topic(name)
      if let token = instance.open(topic) { return token }
    } catch {
      throw ErrorReport(error)
    }
    throw ErrorReport(
      DVT_FULL,
      "plugin \(instance.id) has opened 4096 topics; use fewer, and the subject for the rest")
  }

  /// What `br_publish_named` does not carry out: the first publish to a name, and all but ordinary ones.
  static func publishNamed(
    _ host: UnsafePointer<dvt_host>?, _ event: UnsafePointer<dvt_event>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
      guard let event = unsafe event else { throw ErrorReport(DVT_INVALID, "the event is NULL") }
      unsafe try ABIEntry.checkSize(
        event.pointee.struct_size, "dvt_event",
        atLeast: MemoryLayout<dvt_event>.offset(of: \.subject) ?? MemoryLayout<dvt_event>.size)
      let name = unsafe event.pointee.type.text
      try checkMayPublish(instance, name)
      let token: UInt64?
      do throws(BusError) {
        token = try instance.topics.name(name, on: instance.core.bus)
      } catch {
        throw ErrorReport(error)
      }
      if let token { return try unsafe publish(instance, token, event) }
      return try unsafe publishPassing(instance, name, event)
    }
  }

  /// Publishes to a topic that is one of too many to be kept.
  private static func publishPassing(
    _ instance: PluginInstance, _ name: String, _ event: UnsafePointer<dvt_event>
  ) throws(ErrorReport) -> Int32 {
    try checkLimit(instance)
    var stamped = try unsafe read(event)
    let outcome = unsafe withText(name) { type in
      Result { () throws(ErrorReport) in
        unsafe stamp(&stamped, instance, type)
        try unsafe checkBounds(stamped)
        if try unsafe hold(instance, &stamped) { return CallFailure?.none }
        instance.topics.notePassing()
        do throws(BusError) {
          return try instance.core.bus.withTopic(name) { topic in unsafe topic.publish(&stamped) }
        } catch {
          throw ErrorReport(error)
        }
      }
    }
    guard let failure = try outcome.get() else { return DVT_OK }
    instance.core.losses.note(failure, instance.id)
    throw ErrorReport(failure, "topic '\(name)'")
  }

  /// What `br_publish` does not carry out: all but ordinary publishes.
  static func publish(
    _ host: UnsafePointer<dvt_host>?, _ token: dvt_topic, _ event: UnsafePointer<dvt_event>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    unsafe ABIEntry.call(host, error) { instance throws(ErrorReport) in
      guard let event = unsafe event else { throw ErrorReport(DVT_INVALID, "the event is NULL") }
      return try unsafe publish(instance, token, event)
    }
  }

  private static func publish(
    _ instance: PluginInstance, _ token: dvt_topic, _ event: UnsafePointer<dvt_event>
  ) throws(ErrorReport) -> Int32 {
    guard let topic = unsafe instance.topic(token) else {
      throw ErrorReport(DVT_INVALID, "topic \(token) was not opened by \(instance.owner)")
    }
    try checkLimit(instance)
    var stamped = try unsafe read(event)
    unsafe stamp(&stamped, instance, topic.pointee.type)
    try unsafe checkBounds(stamped)
    if try unsafe hold(instance, &stamped) { return DVT_OK }
    let code = unsafe hs_publish_counted(topic.pointee.record, &stamped, topic.pointee.counter)
    guard let failure = CallFailure(rawValue: code) else { return DVT_OK }
    instance.core.losses.note(failure, instance.id)
    throw ErrorReport(failure, "topic '\(unsafe topic.pointee.type.text)'")
  }

  /// Refuses a publish beyond the plugin's limit. Only what `br_publish` leaves to the host comes here: who has no limit pays nothing.
  private static func checkLimit(_ instance: PluginInstance) throws(ErrorReport) {
    guard let rate = instance.exceedsLimit() else { return }
    instance.core.losses.note(.publishLimited, instance.id)
    throw ErrorReport(
      DVT_FULL,
      "\(instance.id) publishes more than \(rate) events a second; publish less, or raise \"limits.publishRate\" in the configuration",
      retryable: true)
  }

  /// Says why an ordinary publish was refused, or left a handler out.
  static func refuse(
    _ code: Int32, _ host: UnsafePointer<dvt_host>?, _ topic: UnsafePointer<br_topic>?,
    _ error: UnsafePointer<dvt_error_sink>?
  ) -> Int32 {
    let side = hs_side_set(HS_SIDE_HOST)
    defer { _ = hs_side_set(side) }
    guard let topic = unsafe topic, let failure = CallFailure(rawValue: code) else {
      return DVT_FAILED
    }
    if let instance = unsafe PluginInstance.behind(host) {
      instance.core.losses.note(failure, instance.id)
    }
    return unsafe ErrorReport(failure, "topic '\(topic.pointee.type.text)'").report(to: error)
  }

  @inline(__always)
  private static func stamp(
    _ event: inout dvt_event, _ instance: PluginInstance, _ type: dvt_str
  ) {
    unsafe event.source = instance.source.value
    unsafe event.type = type
    unsafe event.sequence = 0
    unsafe event.attempt = 1
    unsafe event.flags = 0
  }

  /// Keeps the event of a generation whose earlier ones are held still.
  ///
  /// - Returns: Whether it was kept.
  private static func hold(
    _ instance: PluginInstance, _ event: inout dvt_event
  ) throws(ErrorReport) -> Bool {
    guard instance.mode == .shadow || instance.mode == .releasing else { return false }
    guard let copy = unsafe EventCopy.layout.copy(&event) else {
      throw ErrorReport(DVT_FULL, "no memory to hold the event")
    }
    if unsafe instance.hold(HeldEvent(topic: event.type.text, event: copy)) { return true }
    unsafe EventCopy.layout.release(copy)
    return false
  }

  /// Reads an event of an older or newer minor revision: what both know.
  static func read(_ event: UnsafePointer<dvt_event>) throws(ErrorReport) -> dvt_event {
    let size = unsafe event.pointee.struct_size
    try ABIEntry.checkSize(size, "dvt_event", atLeast: 16)
    var own = unsafe dvt_event()
    let common = unsafe min(Int(size), MemoryLayout<dvt_event>.size)
    unsafe withUnsafeMutableBytes(of: &own) { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: event, count: common))
    }
    unsafe own.struct_size = UInt32(MemoryLayout<dvt_event>.size)
    return unsafe own
  }

  static func checkBounds(_ event: dvt_event) throws(ErrorReport) {
    if unsafe event.extension_count > UInt64(BR_MOST_EXTENSIONS) {
      throw ErrorReport(
        DVT_TOO_LARGE,
        "an event has at most 64 extension attributes, this one \(unsafe event.extension_count)")
    }
    if unsafe event.buffer == nil, unsafe event.data.len > UInt64(BR_LARGEST_DATA) {
      throw ErrorReport(
        DVT_TOO_LARGE, "an event carries at most 16 MiB; put larger payloads in a buffer")
    }
  }

  private static func subscribe(
    _ instance: PluginInstance, _ given: dvt_subscription, _ handler: dvt_handler,
    _ context: UnsafeMutableRawPointer?
  ) throws(ErrorReport) -> dvt_handle {
    try ABIEntry.checkRegistering(instance)
    let pattern = try unsafe permitted(instance, given)
    do throws(BusError) {
      let call = unsafe unsafeBitCast(handler, to: hs_handler.self)
      let wants = unsafe given.wants.map {
        unsafe unsafeBitCast($0, to: Handler.Question.self)
      }
      let subscription = try instance.core.bus.subscribe(
        instance.owner, unsafe SubscriptionReading.options(given, pattern),
        shadow: instance.mode == .shadow,
        handler: unsafe Handler(
          context: context, inPlugin: true, wants: wants, batch: WorkerHandler.batch(of: handler),
          call: call))
      return instance.register(.subscription(subscription))
    } catch {
      throw ErrorReport(error)
    }
  }

  private static func permitted(
    _ instance: PluginInstance, _ given: dvt_subscription
  ) throws(ErrorReport) -> TopicPattern {
    let pattern: TopicPattern
    do throws(BusError) {
      pattern = try unsafe SubscriptionReading.pattern(given)
    } catch {
      throw ErrorReport(error)
    }
    if let note = pattern.note { instance.core.log.log(.info, instance.id, note) }
    guard let denial = instance.patterns.denialOfSubscribe(pattern) else {
      return instance.patterns.limited(pattern)
    }
    instance.core.noteDenial(instance.id, denial)
    throw ErrorReport(DVT_DENIED, denial)
  }
}
