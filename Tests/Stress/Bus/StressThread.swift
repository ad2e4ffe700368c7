import Glibc
import Synchronization

/// What the model knows of one thread; used by that thread only, but for what it is at.
final class StressThread: @unchecked Sendable {
  // Safe: every mutable member is touched by its own thread.
  /// A publish under way.
  final class Publish {
    let identity: StressEvent.Identity
    /// Who was called last, for the order among handlers.
    var last: (subscription: StressSubscription, hops: Int)?
    /// An interceptor kept the event.
    var isKept = false

    init(_ identity: StressEvent.Identity) { self.identity = identity }
  }

  /// Publishes that may be under way on one thread.
  static let levels = 3

  let name: String
  var random: SplitMix
  /// Publishes under way, outermost first.
  var publishes: [Publish] = []
  var isHandingOver = false
  var deepCalls = 0
  /// What the canaries held: it is looked at so that no compiler leaves the look out.
  var sum = 0
  private var streams: [Stream] = []
  private let operation = Atomic<Int>(0)

  init(name: String, seed: UInt64) {
    self.name = name
    random = SplitMix(seed: seed)
  }

  /// The number of the present operation; any thread may ask.
  var operations: Int { operation.load(ordering: .relaxed) }

  func nextOperation() { operation.add(1, ordering: .relaxed) }

  /// The stream of the thread's present depth. While it hands a plugin over it publishes in streams of their own: what waits
  /// in queues meanwhile may be overtaken by what a handler publishes that gets it.
  func stream(of all: Streams) -> Stream {
    let level = publishes.count + (isHandingOver ? Self.levels : 0)
    while streams.count <= level { streams.append(all.make()) }
    return streams[level]
  }
}

/// All threads of a run that met the model.
final class StressThreads: Sendable {
  private let key: pthread_key_t
  private let seed: UInt64
  private let all = Mutex<[StressThread]>([])

  init(seed: UInt64) {
    self.seed = seed
    var key = pthread_key_t()
    guard unsafe pthread_key_create(&key, nil) == 0 else { fatalError("no key for a thread") }
    self.key = key
  }

  var known: [StressThread] { all.withLock { $0 } }

  /// The calling thread.
  var current: StressThread {
    if let pointer = unsafe pthread_getspecific(key) {
      return unsafe Unmanaged<StressThread>.fromOpaque(pointer).takeUnretainedValue()
    }
    let number = all.withLock { $0.count }
    return enter("worker \(number)", 1_000 + number)
  }

  /// Makes the calling thread known. Those that the model does not start are workers of the bus.
  @discardableResult
  func enter(_ name: String, _ number: Int) -> StressThread {
    let own = SplitMix.hash(Int(truncatingIfNeeded: seed), number)
    let thread = StressThread(name: name, seed: own)
    all.withLock { $0.append(thread) }
    unsafe pthread_setspecific(key, Unmanaged.passUnretained(thread).toOpaque())
    return thread
  }
}
