import EventBus
import Synchronization

/// Who is who in a run, and what went wrong.
final class Registry: Sendable {
  let threads: StressThreads
  let tallies = Tallies()
  private let stopping = Atomic<Bool>(false)
  private let problems = Mutex<[String]>([])
  private let directory = Mutex<[String: StressSubscription]>([:])

  init(seed: UInt64) { threads = StressThreads(seed: seed) }

  /// Whether nothing more is to be begun.
  var isStopping: Bool { stopping.load(ordering: .relaxed) }

  func stop() { stopping.store(true, ordering: .relaxed) }

  /// What went wrong.
  var found: [String] { problems.withLock { $0 } }

  /// Notes what went wrong; the run ends.
  func report(_ problem: String, _ subscription: StressSubscription? = nil) {
    let thread = threads.current
    let place = "\(thread.name), operation \(thread.operations): "
    let text = "\(place)\(subscription.map { "\($0.name) " } ?? "")\(problem)"
    let full = subscription.map { "\(text)\n\($0.describe())" } ?? text
    problems.withLock { if $0.count < 5 { $0.append(full) } }
    stop()
  }

  func add(_ subscription: StressSubscription) {
    directory.withLock { $0[subscription.name] = subscription }
  }

  func remove(_ subscription: StressSubscription) {
    directory.withLock { $0[subscription.name] = nil }
  }

  subscript(name: String) -> StressSubscription? { directory.withLock { $0[name] } }

  /// All subscriptions of the present round, also those that have ended.
  var subscriptions: [StressSubscription] { directory.withLock { Array($0.values) } }

  /// Notes a dead letter.
  func bury(_ letter: DeadLetter, _ event: UnsafeMutableRawPointer) {
    tallies.dead.add(1, ordering: .relaxed)
    guard let subscription = self[letter.subscription] else {
      return report("a dead letter of the unknown subscription \(letter.subscription)")
    }
    let seen = unsafe StressEvent.seen(event)
    if let problem = subscription.bury(seen, letter.cause, by: threads.current) {
      report("\(problem): \(seen.identity), attempt \(seen.attempt)", subscription)
    }
  }
}

/// How often things were done.
final class Tallies: Sendable {
  let publishes = Atomic<Int>(0)
  let calls = Atomic<Int>(0)
  let failures = Atomic<Int>(0)
  let subscriptions = Atomic<Int>(0)
  let ends = Atomic<Int>(0)
  let reloads = Atomic<Int>(0)
  let aborts = Atomic<Int>(0)
  let unloads = Atomic<Int>(0)
  let dead = Atomic<Int>(0)
  let replays = Atomic<Int>(0)
  let kept = Atomic<Int>(0)
  let accounts = Atomic<Int>(0)

  /// One line.
  var text: String {
    let figures: [(String, Int)] = [
      ("publishes", publishes.count), ("calls", calls.count), ("failures", failures.count),
      ("dead letters", dead.count), ("replays", replays.count), ("kept", kept.count),
      ("subscriptions", subscriptions.count), ("ends", ends.count), ("reloads", reloads.count),
      ("given up", aborts.count), ("unloads", unloads.count), ("accounts", accounts.count),
    ]
    return figures.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
  }
}

extension Atomic where Value == Int {
  /// The count so far.
  var count: Int { load(ordering: .relaxed) }

  /// Counts so many.
  func note(_ more: Int = 1) { add(more, ordering: .relaxed) }
}
