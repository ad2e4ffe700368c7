import CHostSupport
import Glibc
import HostSupport
import Testing

@testable import EventBus

/// What a handler does to its thread. All of it runs in processes of its own.
enum Misdeed: Int32, CaseIterable, Codable {
  case trapInAccess = 1, failedCast, fatalError, divideByZero, nilUnwrap
  case readNull, abort, doubleFree, breakpoint, raised

  /// The signals that a contained misdeed may raise on this machine.
  static let contained: [Misdeed] = [
    .trapInAccess, .failedCast, .fatalError, .divideByZero, .nilUnwrap,
  ]

  nonisolated(unsafe) static var counter = 0
  nonisolated(unsafe) static var bits = 0
  nonisolated(unsafe) static var object: AnyObject = Ledger()

  private static func overflow(_ value: inout Int) { unsafe value -= .min + bits }
  private static func grow(_ value: inout Int, by amount: Int) { unsafe value += amount + bits }

  /// What an innocent handler does: the same accesses, casts and divisions.
  static func work() -> Int32 {
    unsafe grow(&counter, by: 1)
    unsafe grow(&counter, by: -1)
    return unsafe object is Ledger && counter == 0 ? 0 : 1
  }

  func commit() -> Int32 {
    switch self {
    case .trapInAccess: unsafe Self.overflow(&Self.counter)
    case .failedCast: return Self.cast()
    case .fatalError: Swift.fatalError("a plugin gave up")
    case .divideByZero: return unsafe Self.divide(1, by: Int32(truncatingIfNeeded: Self.bits))
    case .nilUnwrap: return Self.unwrap()
    case .readNull: return unsafe UnsafePointer<Int32>(bitPattern: 64 + Self.bits)?.pointee ?? 1
    case .abort: Glibc.abort()
    case .doubleFree:
      let block = UnsafeMutablePointer<Int>.allocate(capacity: 8)
      unsafe block.deallocate()
      unsafe block.deallocate()
    case .breakpoint: raise(SIGTRAP)
    case .raised: raise(SIGILL)
    }
    return 0
  }

  // swift-format-ignore: NeverForceUnwrap
  private static func cast() -> Int32 { unsafe (object as! Fixture).failed.isEmpty ? 0 : 1 }

  // swift-format-ignore: NeverForceUnwrap
  private static func unwrap() -> Int32 { unsafe Int32(Int("\(bits)x")!) }

  private static func divide(_ a: Int32, by b: Int32) -> Int32 { a / b }
}

/// A bus whose first handler misbehaves and whose second does honest work.
final class Scene: Sendable {
  let fixture = Fixture()
  let owner = Owner(name: "bad", generation: 1, build: 7)
  let topic: Topic
  let good = Count()
  let bad: Subscription

  init(_ misdeed: Misdeed, delivery: SubscriptionOptions.Delivery = .sync, inPlugin: Bool = true)
    throws
  {
    _ = unsafe hs_guard_install(HS_CONTAIN_TRAPS) { fault in unsafe Scene.report(fault) }
    topic = try fixture.bus.topic("scene.played")
    let options = SubscriptionOptions(
      pattern: try TopicPattern("scene.*"), name: "bad", priority: 1, delivery: delivery)
    let context = unsafe UnsafeMutableRawPointer(bitPattern: Int(misdeed.rawValue))
    bad = try fixture.bus.subscribe(
      owner, options,
      handler: unsafe Handler(context: context, inPlugin: inPlugin) { context, _, _ in
        Misdeed(rawValue: Int32(Int(bitPattern: context)))?.commit() ?? 1
      })
    let good = good
    try fixture.subscribe(
      Owner(name: "good", generation: 1), "scene.*", name: "good", delivery: delivery
    ) { _ in
      if Misdeed.work() == 0 { good.add() }
      return 0
    }
  }

  /// What the host writes down before it dies; async-signal-safe.
  private static func report(_ fault: UnsafePointer<hs_fault>?) {
    guard let fault = unsafe fault?.pointee, let crash = unsafe fault.crash else { return }
    let build = unsafe fault.owner?.pointee.build ?? 0
    put("fatal signal ")
    unsafe put(UInt32(crash.pointee.signal))
    put(" side ")
    unsafe put(fault.side)
    put(" build ")
    put(build)
    put(" topic ")
    var topic = unsafe crash.pointee.topic
    unsafe withUnsafeBytes(of: &topic) { bytes in
      _ = unsafe write(2, bytes.baseAddress, bytes.firstIndex(of: 0) ?? 0)
    }
    put("\n")
  }

  private static func put(_ text: StaticString) {
    text.withUTF8Buffer { bytes in _ = unsafe write(2, bytes.baseAddress, bytes.count) }
  }

  private static func put(_ number: UInt32) {
    if number >= 10 { put(number / 10) }
    var digit = UInt8(ascii: "0") + UInt8(number % 10)
    _ = unsafe write(2, &digit, 1)
  }
}

@Suite struct CrashGuardTests {
  @Test("the guard's self-test passes on this runtime") func selfTest() async {
    await #expect(processExitsWith: .success) {
      #expect(hs_guard_install(HS_CONTAIN_TRAPS, nil) == 0)
      let sound = unsafe hs_guard_self_test(
        { _ in Misdeed.trapInAccess.commit() }, { _ in Misdeed.work() })
      #expect(sound == 1)
    }
  }

  @Test(
    "a trap in a sync handler fails its call and nothing else, 1,000 times",
    arguments: Misdeed.contained)
  func contained(misdeed: Misdeed) async {
    await #expect(processExitsWith: .success) { [misdeed] in
      let scene = try Scene(misdeed)
      for round in 1...1000 {
        #expect(scene.fixture.publish(scene.topic, round) == nil)
        #expect(Misdeed.work() == 0)
      }
      let failed = scene.fixture.failed
      #expect(failed.count == 1000)
      #expect(failed.allSatisfy { $0.subscription == "bad" && $0.result.code == -1 })
      let signals: [Int32] = [SIGILL, SIGTRAP, SIGFPE, SIGABRT]
      #expect(failed.allSatisfy { signals.contains($0.result.fault) })
      #expect(try scene.fixture.bus.unsubscribe(scene.bad, until: .never) == .ended)
      #expect(scene.good.value == 1000)
      #expect((1...10).map { _ in [3, 1, 2].sorted().map(String.init).joined() }.last == "123")
    }
  }

  @Test("a crash in an async handler costs its thread, and delivery goes on") func async() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene(.fatalError, delivery: .async(capacity: 100, overflow: .fail))
      for round in 1...20 { #expect(scene.fixture.publish(scene.topic, round) == nil) }
      #expect(eventually { scene.good.value == 20 && scene.fixture.failed.count == 20 })
      #expect(scene.fixture.failed.map(\.number) == Array(1...20))
      // A failure is told of before its letter is kept.
      #expect(eventually { scene.fixture.bus.deadLetters.total == 20 })
      let letters = scene.fixture.bus.deadLetters.drop { _ in true }
      #expect(letters.count == 20)
      #expect(letters.allSatisfy { $0.cause == .crashed })
      #expect(eventually { scene.fixture.ledger.live == 0 })
      #expect(try scene.fixture.bus.unsubscribe(scene.bad, until: .never) == .ended)
    }
  }

  @Test("a crash deep inside nested publishes fails the innermost call only") func nested() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene(.fatalError)
      let outer = try scene.fixture.bus.topic("outer")
      let after = Count()
      try scene.fixture.subscribe(Owner(name: "o", generation: 1), "outer") { seen in
        if scene.fixture.publish(scene.topic, seen.number) == nil { after.add() }
        return 0
      }
      for round in 1...100 { scene.fixture.publish(outer, round) }
      #expect(after.value == 100)
      #expect(scene.good.value == 100)
      #expect(scene.fixture.failed.count == 100)
    }
  }

  @Test(
    "what may have damaged anything ends the process by its signal, with the culprit's name",
    arguments: [
      (.readNull, SIGSEGV), (.abort, SIGABRT), (.doubleFree, SIGABRT), (.breakpoint, SIGTRAP),
      (.raised, SIGILL),
    ] as [(Misdeed, Int32)])
  func fatal(misdeed: Misdeed, signal: Int32) async throws {
    let result = await #expect(
      processExitsWith: .signal(signal), observing: [\.standardErrorContent]
    ) { [misdeed] in
      let scene = try Scene(misdeed)
      scene.fixture.publish(scene.topic, 1)
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("fatal signal \(signal) side 1 build 7 topic scene.played\n"))
  }

  @Test("a trap in the host's own code is fatal") func hostSide() async throws {
    let result = await #expect(
      processExitsWith: .signal(SIGILL), observing: [\.standardErrorContent]
    ) {
      let scene = try Scene(.fatalError, inPlugin: false)
      scene.fixture.publish(scene.topic, 1)
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("fatal signal \(SIGILL) side 0 build 7 topic scene.played\n"))
  }

  @Test("nothing is contained when containment is off") func off() async {
    await #expect(processExitsWith: .signal(SIGILL)) {
      let scene = try Scene(.fatalError)
      hs_guard_contain(HS_CONTAIN_NONE)
      scene.fixture.publish(scene.topic, 1)
    }
  }
}
