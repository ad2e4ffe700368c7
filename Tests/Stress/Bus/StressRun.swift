import CHostSupport
import EventBus
import Glibc
import HostSupport
import Synchronization

/// One run of random operations on a bus, and the model that says what must come of them.
///
/// Rounds alternate with rest: when nothing is under way every event of every subscription must be accounted for exactly.
final class StressRun: Sendable {
  struct Options: Sendable {
    var seed: UInt64
    var seconds: Int
    var threads: Int
  }

  /// What the publishing threads do.
  private struct Course {
    var isRunning = false
    var isOver = false
    var resting = 0
  }

  private static let roundMilliseconds = 1_500
  /// A thread that does not come further for so long is stuck.
  private static let patience = 120_000

  let options: Options
  let registry: Registry
  let bus: EventBus
  let scheduler: Scheduler
  let streams = Streams()
  let plugins = (0..<4).map { StressPlugin("p\($0)") }
  let topics: [Topic]
  let deep: Topic
  /// One thread at a time changes generations, as in a host.
  let changes = Mutex(())
  private let number = Atomic<Int>(1)
  private let ticket = Atomic<Int>(1)
  private let course = Monitor(Course())
  /// Publishes of timers under way, and whether more may begin: both sequentially consistent.
  private let strikes = Atomic<Int>(0)
  private let isTicking = Atomic<Bool>(false)
  private let published = Topics.names.map { _ in Count() }

  private final class Count: Sendable {
    let value = Atomic<Int>(0)
  }

  var threads: StressThreads { registry.threads }
  var tallies: Tallies { registry.tallies }
  var isStopping: Bool { registry.isStopping }

  init(_ options: Options) throws {
    self.options = options
    let registry = Registry(seed: options.seed)
    self.registry = registry
    hs_set_limits(24, UInt64(Self.patience) * 1_000_000)
    let bus = unsafe EventBus(
      layout: StressEvent.layout, threads: 3,
      deadLetters: DeadLetters.Bounds(count: 64, bytes: 1 << 20),
      onDead: { _, letter, event in unsafe registry.bury(letter, event) })
    self.bus = bus
    scheduler = Scheduler(workers: bus.workers)
    topics = try Topics.names.map { try bus.topic($0) }
    deep = try bus.topic(Topics.deep)
  }

  func report(_ problem: String, _ handler: StressHandler? = nil) {
    registry.report(problem, handler?.subscription)
  }

  func nextNumber() -> Int { number.add(1, ordering: .relaxed).oldValue }
  func nextTicket() -> Int { ticket.add(1, ordering: .relaxed).oldValue }

  func notePublish(_ topic: Int) {
    tallies.publishes.note()
    published[topic].value.note()
  }

  // MARK: The course of a run

  /// Runs until the time is over or something is wrong.
  ///
  /// - Returns: What is wrong.
  func run() throws -> [String] {
    threads.enter("main", 0)
    if let problem = try EarlyEnd().run(bus) { return [problem] }
    try setUp()
    let workers = try (1...options.threads).map { number in
      try Thread(name: "stress-\(number)") { [self] in
        work(threads.enter("thread \(number)", number))
      }
    }
    let end = Deadline.after(milliseconds: options.seconds * 1_000)
    while !end.hasPassed, !isStopping {
      isTicking.store(true, ordering: .sequentiallyConsistent)
      course.update { $0.isRunning = true }
      watch(until: min(end, .after(milliseconds: Self.roundMilliseconds))) { isStopping }
      course.update { $0.isRunning = false }
      isTicking.store(false, ordering: .sequentiallyConsistent)
      let isAtRest = watch(until: .after(milliseconds: Self.patience)) {
        course.withLock { $0.resting == options.threads }
          && strikes.load(ordering: .sequentiallyConsistent) == 0
      }
      guard isAtRest else { return registry.found + [stuck()] }
      settle()
    }
    course.update { $0.isOver = true }
    for worker in workers { worker.join() }
    if registry.found.isEmpty { tearDown() }
    return registry.found
  }

  /// Looks after the bus, as a host does, until something holds.
  @discardableResult
  private func watch(until deadline: Deadline, _ condition: () -> Bool) -> Bool {
    while !condition() {
      if deadline.hasPassed { return condition() }
      bus.tick()
      usleep(5_000)
    }
    return true
  }

  private func work(_ thread: StressThread) {
    while true {
      course.update { $0.resting += 1 }
      let goesOn = course.wait(until: .never) { course -> Bool? in
        course.isOver ? false : course.isRunning ? true : nil
      }
      course.update { $0.resting -= 1 }
      guard goesOn == true else { return }
      while course.withLock({ $0.isRunning }) {
        thread.nextOperation()
        if isStopping { usleep(1_000) } else { act(thread) }
      }
    }
  }

  /// A timer publishes, but not at rest.
  func strike(_ thread: StressThread) {
    strikes.add(1, ordering: .sequentiallyConsistent)
    if isTicking.load(ordering: .sequentiallyConsistent) { publish(thread) }
    strikes.subtract(1, ordering: .sequentiallyConsistent)
  }

  private func stuck() -> String {
    let states = threads.known.map { "\($0.name) in operation \($0.operations)" }
    return "some thread did not come to rest: \(states.joined(separator: ", "))"
  }

  private func setUp() throws {
    let pattern = try TopicPattern(Topics.deep)
    let handler = unsafe Handler { [unowned self] event in
      unsafe descend(event)
      return 0
    }
    _ = try bus.subscribe(
      bus.hostOwner, SubscriptionOptions(pattern: pattern, name: "deep"), handler: handler)
    let routed = Topics.names[Topics.routed]
    for (from, mode) in [(Topics.copied, EventRoute.Mode.copy), (Topics.moved, .move)] {
      let from = try TopicPattern(Topics.names[from])
      _ = try bus.route(bus.hostOwner, EventRoute.Rule(from: from, to: routed, mode: mode))
    }
  }

  /// Publishes to the topic that is being delivered, until the host refuses.
  private func descend(_ event: UnsafeMutableRawPointer?) {
    let thread = threads.current
    thread.deepCalls += 1
    let calls = thread.deepCalls
    let failure = unsafe deep.publish(event)
    if failure != (calls == thread.deepCalls ? .tooDeep : nil) {
      report(
        "publish \(calls) of \(thread.deepCalls) to \(Topics.deep) in itself: \(failure.map { "\($0)" } ?? "ok")"
      )
    }
  }

  // MARK: Rest

  /// Waits until nothing is under way, and checks that everything is accounted for.
  private func settle() {
    for round in 0...Sieve.period where !isStopping {
      // What a worker has in its hand has come when a later event of its queue has.
      if round > 0 { for index in topics.indices { publish(threads.current, index) } }
      let left = awaitBalance()
      for (problem, subscription) in left { registry.report("at rest: \(problem)", subscription) }
    }
    guard !isStopping else { return }
    let sequences = topics.map(\.sequence)
    for subscription in registry.subscriptions {
      tallies.accounts.note()
      if subscription.hasEnded {
        registry.remove(subscription)
      } else {
        subscription.rebase(streams, sequences)
      }
    }
  }

  /// Waits until the bus and the model agree; answers where they do not.
  private func awaitBalance() -> [(String, StressSubscription?)] {
    var left: [(String, StressSubscription?)] = []
    watch(until: .after(milliseconds: 20_000)) {
      left = differences()
      return left.isEmpty
    }
    return left
  }

  private func differences() -> [(String, StressSubscription?)] {
    guard bus.waiting.isEmpty, bus.retrying == 0, bus.workers.backlog == 0 else {
      return [("\(bus.waiting) wait, \(bus.retrying) wait for another attempt", nil)]
    }
    let sequences = topics.map(\.sequence)
    var found: [(String, StressSubscription?)] = registry.subscriptions.flatMap { subscription in
      subscription.problems(streams, sequences).map { ($0, subscription) }
    }
    func compare(_ what: String, _ bus: Int, _ model: Int) {
      if bus != model { found.append(("\(what): \(bus), but \(model) in the model", nil)) }
    }
    compare("failed deliveries", Int(bus.failed), tallies.failures.count)
    compare("dead letters", Int(bus.deadLetters.total), tallies.dead.count)
    compare("copies of events", StressEvent.copies.count, heldCopies())
    compare("drops by topic", topics.reduce(0) { $0 + Int($1.dropped) }, Int(bus.dropped))
    for (index, topic) in topics.enumerated() {
      let routed = index == Topics.routed ? [Topics.copied, Topics.moved] : []
      let model = ([index] + routed).reduce(0) { $0 + published[$1].value.count }
      compare("publishes to \(topic.name)", Int(topic.published), model)
    }
    return found
  }

  /// Copies of events that dead letters hold; several may hold the same.
  private func heldCopies() -> Int {
    let letters = bus.deadLetters
    return Set(
      letters.all.compactMap { letter in
        unsafe letters.withEvent(letter.id) { _, event in UInt(bitPattern: event) }
      }
    ).count
  }

  /// Ends every plugin; nothing must be left.
  private func tearDown() {
    for plugin in plugins { unload(plugin, threads.current) }
    scheduler.stop()
    settle()
    let left = bus.everySubscription.filter { $0.owner != bus.hostOwner }
    if !left.isEmpty { report("subscriptions are left in the end: \(left.map(\.name))") }
    bus.stop()
  }
}
