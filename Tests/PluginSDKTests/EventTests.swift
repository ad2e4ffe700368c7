import CDovetail
import Glibc
import PluginSDK
import PluginTestKit
import Synchronization
import Testing

@Suite struct EventTests {
  @Test func `Typed events make a round trip`() throws {
    let host = try TestHost()
    let adder = try host.run(Adder.self, id: "adder")
    let totals = Mutex<[Tick]>([])
    try host.context.subscribe(to: Events.total) { tick, event in
      #expect(event.source == "adder")
      #expect(event.contentType == "application/json")
      totals.withLock { $0.append(tick) }
    }
    let ticks = try host.context.publisher(Events.tick)
    try ticks.publish(Tick(count: 2))
    try ticks.publish(Tick(count: 3))
    #expect(totals.withLock { $0.map(\.count) } == [2, 5])
    #expect(adder.metrics() == ["sum": 5])
    #expect(
      host.events.map(\.type) == ["clock.tick", "adder.total", "clock.tick", "adder.total"])
    #expect(host.events.map(\.sequence) == [1, 1, 2, 2])
  }

  @Test func `State survives a reload`() throws {
    let host = try TestHost()
    let old = try host.run(Adder.self, id: "adder")
    let ticks = try host.context.publisher(Events.tick)
    try ticks.publish(Tick(count: 40))
    let new = try host.reload(old, as: Adder.self)
    try ticks.publish(Tick(count: 2))
    #expect(new.metrics() == ["sum": 42])
  }

  @Test(arguments: [
    (#"{"count": -1, "note": ""}"#, PluginError.Code.invalid, "a count is never negative"),
    (#"{"note": ""}"#, .invalid, "clock.tick: not the JSON of Tick: \"count\" is missing"),
  ])
  func `A handler's error is reported and is not the publisher's`(
    json: String, code: PluginError.Code, message: String
  ) throws {
    let host = try TestHost()
    _ = try host.run(Adder.self)
    try host.context.topic("clock.tick").publish(Event(data: Array(json.utf8)))
    #expect(host.failures == [PluginError(code, message)])
  }

  @Test func `A view reads the event in place`() throws {
    let host = try TestHost()
    let seen = Mutex<[(type: String, sum: Int, length: Int)]>([])
    try host.context.subscribeView("raw.>") { event in
      var sum = 0
      let data = event.data
      for index in data.byteOffsets {
        sum += Int(unsafe data.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      }
      let row = (type: event.type, sum: sum, length: event.typeBytes.count)
      seen.withLock { $0.append(row) }
    }
    let bytes: [UInt8] = [1, 2, 3]
    try host.context.topic("raw.x.y").publish(bytes: bytes)
    #expect(seen.withLock { $0.map(\.sum) } == [6])
    #expect(seen.withLock { $0.map(\.type) } == ["raw.x.y"])
    #expect(seen.withLock { $0.map(\.length) } == [7])
  }

  @Test func `An event of a host with a shorter header is copied no further than it goes`() throws {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let memory = unsafe try #require(
      unsafe mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { unsafe munmap(memory, 2 * page) }
    try #require(unsafe mprotect(memory + page, page, PROT_NONE) == 0)
    let size = unsafe MemoryLayout<dvt_event>.size - 8
    let raw = unsafe memory + page - size
    unsafe raw.storeBytes(of: UInt32(size), as: UInt32.self)
    unsafe raw.storeBytes(of: 7, toByteOffset: 8, as: UInt64.self)
    let event = unsafe Event(EventView(UnsafePointer(raw.assumingMemoryBound(to: dvt_event.self))))
    #expect(event.sequence == 7)
    #expect(event.attempt == 0)
  }

  @Test func `All attributes arrive`() throws {
    let host = try TestHost()
    let seen = Mutex<Event?>(nil)
    try host.context.subscribe("a") { event in seen.withLock { $0 = event } }
    var event = Event(data: [7], subject: "s", contentType: "text/plain")
    event.id = "i"
    event.dataSchema = "urn:x"
    event.time = 5
    event.extensions = [("k", "v"), ("é", "")]
    try host.context.topic("a").publish(event)
    let got = try #require(seen.withLock { $0 })
    #expect(
      [got.type, got.source, got.subject, got.contentType, got.id, got.dataSchema] == [
        "a", "test", "s", "text/plain", "i", "urn:x",
      ])
    #expect(got.data == [7] && got.time == 5 && got.attempt == 1 && !got.isRedelivered)
    #expect(got.extensions.map(\.name) == ["k", "é"])
    #expect(got.extensions.map(\.value) == ["v", ""])
  }

  @Test(arguments: [
    ("a.b", "a.b", true), ("a.*", "a.b", true), ("a.*", "a.b.c", false), ("a.>", "a.b.c", true),
    (">", "a", true), ("a.>", "a", false), ("*.b", "a.b", true), ("a", "a.b", false),
  ])
  func `Patterns match by segment`(pattern: String, topic: String, isMatch: Bool) throws {
    let host = try TestHost()
    let count = Mutex(0)
    try host.context.subscribe(pattern) { _ in count.withLock { $0 += 1 } }
    try host.context.topic(topic).publish(Event(data: []))
    #expect(count.withLock { $0 } == (isMatch ? 1 : 0))
  }

  @Test func `Priority decides the order, queued handlers come last`() throws {
    let host = try TestHost()
    let order = Mutex<[String]>([])
    @Sendable func note(_ name: String) { order.withLock { $0.append(name) } }
    try host.context.subscribe("a", .queued("queued")) { _ in note("queued") }
    try host.context.subscribe("a") { _ in note("first") }
    try host.context.subscribe("a") { _ in note("second") }
    try host.context.subscribe("a", .init(priority: 9)) { _ in note("high") }
    try host.context.topic("a").publish(Event(data: []))
    #expect(order.withLock { $0 } == ["high", "first", "second", "queued"])
  }

  @Test func `A cancelled subscription receives nothing`() throws {
    let host = try TestHost()
    let count = Mutex(0)
    let registration = try host.context.subscribe("a") { _ in count.withLock { $0 += 1 } }
    let topic = try host.context.topic("a")
    try topic.publish(Event(data: []))
    #expect(try registration.cancel() == .done)
    try topic.publish(Event(data: []))
    #expect(count.withLock { $0 } == 1)
    #expect(throws: PluginError(.gone, PluginError.Code.gone.name, domain: "dovetail")) {
      try registration.cancel()
    }
  }

  @Test func `A handler may cancel itself`() throws {
    let host = try TestHost()
    let own = Mutex<Registration?>(nil)
    let results = Mutex<[Registration.Cancellation]>([])
    let registration = try host.context.subscribe("a") { _ in
      guard let result = try own.withLock({ $0 })?.cancel() else { return }
      results.withLock { $0.append(result) }
    }
    own.withLock { $0 = registration }
    let topic = try host.context.topic("a")
    try topic.publish(Event(data: []))
    try topic.publish(Event(data: []))
    #expect(results.withLock { $0 } == [.pending])
  }

  @Test func `A name is unique in its plugin`() throws {
    let host = try TestHost()
    try host.context.subscribe("a", .init(name: "n")) { _ in }
    let error = #expect(throws: PluginError.self) {
      try host.context.subscribe("b", .init(name: "n")) { _ in }
    }
    #expect(error?.code == .exists)
  }

  @Test(arguments: ["", "a..b", "a b", "a.*", ">"])
  func `What is no topic is refused by name`(topic: String) throws {
    let host = try TestHost()
    #expect(throws: PluginError(.invalid, "\"\(topic)\" is no topic", domain: "dovetail")) {
      try host.context.topic(topic)
    }
  }

  @Test func `Endless nesting ends with an error`() throws {
    let host = try TestHost()
    let topic = try host.context.topic("loop")
    try host.context.subscribe("loop") { _ in try topic.publish(Event(data: [])) }
    try topic.publish(Event(data: []))
    #expect(host.events.count == 32)
    #expect(host.failures.map(\.code).contains(.depth))
  }

  @Test func `A counted buffer travels uncopied and may be kept`() throws {
    let host = try TestHost()
    let kept = Mutex<SharedBuffer?>(nil)
    let context = host.context
    try context.subscribeView("big") { event in
      let buffer = event.retainBuffer(context)
      kept.withLock { $0 = buffer }
    }
    let buffer = try SharedBuffer(context, count: 3) { bytes in
      bytes.storeBytes(of: 9, toByteOffset: 2, as: UInt8.self)
    }
    try context.topic("big").publish(buffer)
    let same = try #require(kept.withLock { $0 })
    #expect(same.count == 3)
    let last = unsafe same.bytes.unsafeLoad(fromByteOffset: 2, as: UInt8.self)
    #expect(last == 9)
    #expect(throws: PluginError.self) { try SharedBuffer(context, count: 0) { _ in } }
  }
}
