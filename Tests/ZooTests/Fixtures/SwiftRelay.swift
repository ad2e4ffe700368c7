public import CDovetail

/// A Swift plugin on the bare header, whichever one it is built against.
///
/// `ID.send` publishes `zoo.relay`; `ID.heard` tells what came, synchronously and queued; `ID.size` tells the size of
/// `dvt_event` as the header has it and as the Swift runtime has it.
enum Relay {
  nonisolated(unsafe) static var host: UnsafePointer<dvt_host>?
  nonisolated(unsafe) static var id = ""
  nonisolated(unsafe) static var heard: [String] = []

  static func start() -> Int32 {
    guard let events = find(DVT_EVENTS_INTERFACE, dvt_events.self),
      let services = find(DVT_SERVICES_INTERFACE, dvt_services.self)
    else { return DVT_UNSUPPORTED }
    for (name, delivery) in [("sync", DVT_DELIVERY_SYNC), ("queue", DVT_DELIVERY_ASYNC)] {
      var handle = dvt_handle()
      let code = lend("zoo.relay") { topic in
        lend(name) { name in
          var options = headed(dvt_subscription())
          options.pattern = topic
          options.name = name
          options.delivery = delivery
          let hear = delivery == DVT_DELIVERY_SYNC ? hearAtOnce : hearQueued
          return events.pointee.subscribe(host, &options, hear, nil, &handle, nil)
        }
      }
      if code != DVT_OK { return code }
    }
    for (name, answer) in [("send", answerSend), ("heard", answerHeard), ("size", answerSize)] {
      var handle = dvt_handle()
      let code = lend("\(id).\(name)") {
        services.pointee.provide(host, $0, answer, nil, &handle, nil)
      }
      if code != DVT_OK { return code }
    }
    return DVT_OK
  }

  // MARK: Events

  static func publish() -> Int32 {
    guard let events = find(DVT_EVENTS_INTERFACE, dvt_events.self) else { return DVT_UNSUPPORTED }
    return lend("zoo.relay") { type in
      lend("a subject") { subject in
        lend("data of \(id)") { data in
          var event = headed(dvt_event())
          event.type = type
          event.subject = subject
          event.data = dvt_bytes(ptr: data.ptr, len: data.len)
          #if NEWER
            event.hops = 7
          #endif
          return events.pointee.publish_named(host, &event, nil)
        }
      }
    }
  }

  static let hearAtOnce: dvt_handler = { _, event, _ in hear(event, "sync") }
  static let hearQueued: dvt_handler = { _, event, _ in hear(event, "queue") }

  /// Notes an event that went through arrays of Swift's, whose layout is the runtime's affair, between two others.
  static func hear(_ event: UnsafePointer<dvt_event>?, _ how: String) -> Int32 {
    guard let event else { return DVT_INVALID }
    var copy = dvt_event()
    let known = min(MemoryLayout<dvt_event>.size, Int(event.pointee.struct_size))
    withUnsafeMutableBytes(of: &copy) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: event, count: known))
    }
    var row: [dvt_event] = []
    for _ in 0..<3 { row.append(copy) }
    row.swapAt(0, 2)
    row.remove(at: 0)
    for kept in row { heard.append("\(how) \(describe(kept))") }
    return DVT_OK
  }

  static func describe(_ event: dvt_event) -> String {
    let data = dvt_str(ptr: event.data.ptr, len: event.data.len)
    var words = [text(event.source), text(event.subject), text(data), "\(event.attempt)"]
    #if NEWER
      if Int(event.struct_size) >= MemoryLayout<dvt_event>.size {
        words.append("\(event.hops) hops")
      }
    #endif
    return words.joined(separator: ", ")
  }

  // MARK: Services

  static let answerSend: dvt_service_handler = { _, _, _, _ in publish() }
  static let answerHeard: dvt_service_handler = { _, _, reply, _ in
    write(heard.joined(separator: "; "), reply)
  }
  static let answerSize: dvt_service_handler = { _, _, reply, _ in
    write("\(MemoryLayout<dvt_event>.size) \(size(dvt_event.self))", reply)
  }

  static func write(_ text: String, _ reply: UnsafePointer<dvt_sink>?) -> Int32 {
    lend(text) { reply?.pointee.write(reply?.pointee.context, $0.ptr, $0.len) ?? DVT_FAILED }
  }

  /// The size that the runtime's metadata has: nothing here knows the type when it is compiled.
  @inline(never)
  static func size<T>(_ type: T.Type) -> Int { MemoryLayout<T>.size }

  // MARK: Helpers

  static func find<T>(_ name: String, _ type: T.Type) -> UnsafePointer<T>? {
    lend(name) { host?.pointee.get_interface(host, $0)?.assumingMemoryBound(to: type) }
  }

  static func lend<Result>(_ text: String, _ body: (dvt_str) -> Result) -> Result {
    var text = text
    return text.withUTF8 { body(dvt_str(ptr: $0.baseAddress, len: UInt64($0.count))) }
  }

  static func text(_ text: dvt_str) -> String {
    String(decoding: UnsafeBufferPointer(start: text.ptr, count: Int(text.len)), as: UTF8.self)
  }

  /// Fills the header that every struct of the ABI begins with.
  static func headed<T>(_ value: T) -> T {
    var value = value
    withUnsafeMutableBytes(of: &value) { bytes in
      bytes.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
      bytes.storeBytes(of: UInt16(DVT_ABI_MAJOR), toByteOffset: 4, as: UInt16.self)
      bytes.storeBytes(of: UInt16(DVT_ABI_MINOR), toByteOffset: 6, as: UInt16.self)
    }
    return value
  }

  nonisolated(unsafe) static let callbacks: UnsafePointer<dvt_plugin> = {
    var plugin = headed(dvt_plugin())
    plugin.`init` = { given, _, _ in
      host = given
      return start()
    }
    plugin.cleanup = { _, _ in DVT_OK }
    let place = UnsafeMutablePointer<dvt_plugin>.allocate(capacity: 1)
    place.initialize(to: plugin)
    return UnsafePointer(place)
  }()
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  Relay.id = Relay.text(host.pointee.plugin_id)
  return Relay.callbacks
}
