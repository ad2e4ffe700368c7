public import CDovetail
import Glibc
import PluginSDK

/// Counts what it receives on `bench.tick`, by publisher and way of delivery, in a state of 1 MB.
struct Counted: Plugin {
  let context: PluginContext
  private let tally = Tally()

  init(context: PluginContext) {
    self.context = context
  }

  func start() throws {
    let tally = tally
    try context.subscribeView("bench.tick", SubscriptionOptions(name: "sync")) { event in
      tally.note(event, from: 0)
    }
    let queue = SubscriptionOptions(
      name: "async",
      delivery: .async(capacity: 65_536, overflow: .block(milliseconds: 10_000)))
    try context.subscribeView("bench.tick", queue) { event in
      tally.note(event, from: Tally.publishers)
    }
    try context.provide("counted.report") { _ in tally.report() }
    #if FAIL_INIT
      throw PluginError(.failed, "this build fails in init")
    #endif
  }

  func saveState() -> [UInt8] { tally.bytes }

  func restoreState(_ state: SavedState) throws {
    tally.bytes = state.data
    #if FAIL_RESTORE
      throw PluginError(.failed, "this build fails in restore_state")
    #endif
  }

  func ready() throws {
    #if FAIL_POST_INIT
      throw PluginError(.failed, "this build fails in post_init")
    #endif
  }
}

/// The state: four lanes (two publishers, sync and async), each of six figures and a ring of sequence numbers.
///
/// Threading: a lane is written by one thread at a time, for a publisher publishes from one thread and a queue is served by
/// one worker at a time.
@safe final class Tally: @unchecked Sendable {
  // Safe: allocated here, freed in deinit; see Threading.
  static let publishers = 2
  private static let lanes = 4
  private static let laneWords = 32_768
  private static let figures = 6
  private let words: UnsafeMutablePointer<UInt64>

  init() {
    unsafe words = .allocate(capacity: Self.lanes * Self.laneWords)
    unsafe words.initialize(repeating: 0, count: Self.lanes * Self.laneWords)
  }

  deinit { unsafe words.deallocate() }

  /// Notes an event: its data is the publisher, the sequence and the moment, 64 bits each.
  func note(_ event: borrowing EventView, from first: Int) {
    let data = event.data
    guard data.byteCount == 24 else { return }
    let publisher = Int(unsafe data.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self))
    let sequence = unsafe data.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self)
    let moment = unsafe data.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self)
    guard publisher < Self.publishers else { return }
    let lane = unsafe words + (first + publisher) * Self.laneWords
    let last = unsafe lane[0]
    if sequence > last {
      unsafe lane[2] += sequence - last - 1
      unsafe lane[0] = sequence
    } else {
      unsafe lane[3] += 1
    }
    unsafe lane[1] += 1
    if event.isRedelivered { unsafe lane[4] += 1 }
    let wait = Self.now() &- moment
    if unsafe wait > lane[5] { unsafe lane[5] = wait }
    let ring = Self.laneWords - Self.figures
    unsafe lane[Self.figures + Int(sequence % UInt64(ring))] = sequence
  }

  /// The figures of each lane: last, received, lost, duplicated, redelivered, longest wait. The longest wait begins anew.
  func report() -> [UInt8] {
    var bytes: [UInt8] = []
    for lane in 0..<Self.lanes {
      for figure in 0..<Self.figures {
        let value = unsafe words[lane * Self.laneWords + figure]
        withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
      }
      unsafe words[lane * Self.laneWords + 5] = 0
    }
    return bytes
  }

  private var raw: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: words, count: Self.lanes * Self.laneWords * 8)
  }

  var bytes: [UInt8] {
    get { unsafe [UInt8](raw) }
    set { unsafe raw.copyBytes(from: newValue.prefix(raw.count)) }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

/// The plugin's entry point.
@c(dovetail_plugin)
public func entry(_ host: UnsafePointer<dvt_handshake>) -> UnsafePointer<dvt_plugin>? {
  unsafe export(Counted.self, host)
}
