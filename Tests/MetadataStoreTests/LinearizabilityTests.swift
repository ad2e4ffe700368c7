import FoundationEssentials
import HostSupport
import Synchronization
import TestSupport
import Testing

@testable import MetadataStore

/// Histories of several threads, held against a model that does one thing after the other in the order of revisions.
///
/// `METADATA_SEED` repeats a choice of operations, though not how the threads meet; `METADATA_OPERATIONS` is how many each does.
@Suite struct LinearizabilityTests {
  static let keys = ["a", "b", "c"]
  static let threads = 4

  /// A call and what came of it. Times are nanoseconds on the monotonic clock.
  struct Call: Sendable {
    enum Outcome: Sendable {
      /// What `get` gave.
      case read(key: String, MetadataRecord?)
      case committed(revision: UInt64, versions: [UInt64])
      /// The record that a conflict showed.
      case conflict(key: String, MetadataRecord?)
      case absent(key: String)
    }

    let writes: [MetadataWrite]
    let outcome: Outcome
    let start: UInt64
    let end: UInt64

    var revision: UInt64? {
      guard case .committed(let revision, _) = outcome else { return nil }
      return revision
    }
  }

  /// What one thread does.
  struct Client {
    let store: MetadataStore
    let number: Int
    var random: SeededNumbers
    var known: [String: UInt64] = [:]

    mutating func expectation(_ key: String) -> MetadataWrite.Expectation {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: .absent
      case 1, 2: known[key].map { .version($0) } ?? .absent
      default: .any
      }
    }

    mutating func write(_ key: String, _ value: Int) -> MetadataWrite {
      let durability: Durability = random.chance(50) ? .memory : .os
      let expectation = expectation(key)
      guard !random.chance(20) || expectation == .absent else {
        return .removing(key, from: "c", expectation: expectation, durability: durability)
      }
      return MetadataWrite(
        collection: "c", key: key, value: .int(Int64(number * 1_000_000 + value)),
        expectation: expectation, durability: durability)
    }

    mutating func call(_ index: Int) -> Call {
      let order = LinearizabilityTests.keys.shuffled(using: &random)
      if random.chance(40) {
        let start = Deadline.now()
        let record = store.get("c", order[0])
        known[order[0]] = record?.version
        return Call(
          writes: [], outcome: .read(key: order[0], record), start: start, end: Deadline.now())
      }
      let writes = order.prefix(random.chance(30) ? 2 : 1).map { write($0, index) }
      let start = Deadline.now()
      let outcome: Call.Outcome
      do throws(MetadataError) {
        let receipts = try store.transaction(writes)
        outcome = .committed(revision: receipts[0].revision, versions: receipts.map(\.version))
        for (write, receipt) in zip(writes, receipts) {
          known[write.key] = receipt.version == 0 ? nil : receipt.version
        }
      } catch .conflict(_, let key, let current) {
        outcome = .conflict(key: key, current)
        known[key] = current?.version
      } catch .notFound(_, let key) {
        outcome = .absent(key: key)
        known[key] = nil
      } catch {
        Issue.record("\(error)")
        outcome = .absent(key: "?")
      }
      return Call(writes: writes, outcome: outcome, start: start, end: Deadline.now())
    }
  }

  @Test(
    "What threads see of gets, compare-and-sets, transactions and watches has one order",
    arguments: 0..<6)
  func history(round: Int) throws {
    let seed = UInt64(setting("METADATA_SEED", default: Int.random(in: 1...999_999)))
    let count = setting("METADATA_OPERATIONS", default: 400)
    let folder = TemporaryDirectory(inMemory: true)
    let isOnDisk = round % 2 == 0
    let store = try MetadataStore(
      isOnDisk ? FileProvider(path: folder.file("store")) : MemoryProvider())
    let watched = Mutex<[MetadataChange]>([])
    try store.watch("all", collection: "c", after: 0) { event in
      guard case .change(let change) = event else { return }
      watched.withLock { $0.append(change) }
    }
    let calls = Mutex<[Call]>([])
    let threads = try (0..<Self.threads).map { number in
      try Thread(name: "client-\(number)") {
        var client = Client(
          store: store, number: number,
          random: SeededNumbers(seed: seed &* 100 &+ UInt64(round * 10 + number)))
        var own: [Call] = []
        for index in 0..<count { own.append(client.call(index)) }
        calls.withLock { $0 += own }
      }
    }
    for thread in threads { thread.join() }
    let context = "METADATA_SEED=\(seed), round \(round)"
    let history = try History(calls.withLock { $0 }, context)
    history.checkRealTime()
    history.checkObservations()
    let expected = history.changes
    #expect(
      Condition.wait(milliseconds: 20_000) {
        watched.withLock { $0.count } >= expected.count ? true : nil
      } == true, "\(context)")
    #expect(watched.withLock { $0.map(Change.init) } == expected, "\(context)")
    // One that begins in the middle sees what is left.
    let middle = expected[expected.count / 2].revision
    let rest = Mutex<[MetadataChange]>([])
    try store.watch("rest", collection: "c", after: middle) { event in
      guard case .change(let change) = event else { return }
      rest.withLock { $0.append(change) }
    }
    let left = expected.filter { $0.revision > middle }
    #expect(
      Condition.wait(milliseconds: 20_000) {
        rest.withLock { $0.count } >= left.count ? true : nil
      } == true, "\(context)")
    #expect(rest.withLock { $0.map(Change.init) } == left, "\(context)")
    try store.close()
  }

  /// A change as a watch tells it.
  struct Change: Equatable {
    let revision: UInt64
    let key: String
    let version: UInt64
    let isRemoval: Bool

    init(revision: UInt64, key: String, version: UInt64, isRemoval: Bool) {
      self.revision = revision
      self.key = key
      self.version = version
      self.isRemoval = isRemoval
    }

    init(_ change: MetadataChange) {
      self.init(
        revision: change.revision, key: change.record.key, version: change.record.version,
        isRemoval: change.isRemoval)
    }
  }

  /// The committed calls in the order of their revisions, done by the model.
  struct History {
    struct State: Equatable {
      var version: UInt64
      var value: MetadataValue
    }

    let calls: [Call]
    let commits: [Call]
    private(set) var changes: [Change] = []
    /// For each key what it was from which commit on; commit 0 is the empty store.
    private var states: [String: [(from: Int, state: State?)]] = [:]
    private let context: String

    init(_ calls: [Call], _ context: String) throws {
      self.calls = calls
      self.context = context
      commits = calls.filter { $0.revision != nil }.sorted {
        ($0.revision ?? 0) < ($1.revision ?? 0)
      }
      #expect(Set(commits.compactMap(\.revision)).count == commits.count, "\(context)")
      try #require(!commits.isEmpty)
      for key in keys { states[key] = [(0, nil)] }
      for (index, commit) in commits.enumerated() { apply(commit, number: index + 1) }
    }

    private mutating func apply(_ commit: Call, number: Int) {
      guard case .committed(let revision, let versions) = commit.outcome else { return }
      for (write, version) in zip(commit.writes, versions) {
        let current = states[write.key]?.last?.state
        let fits =
          switch write.expectation {
          case .any: true
          case .absent: current == nil
          case .version(let expected): current?.version == expected
          }
        #expect(fits, "\(context): revision \(revision), \(write.key)")
        var next: State?
        if case .put(let value) = write.action {
          next = State(version: (current?.version ?? 0) + 1, value: value.value)
        } else {
          #expect(current != nil, "\(context): revision \(revision) removed nothing")
        }
        #expect(version == next?.version ?? 0, "\(context): revision \(revision)")
        states[write.key]?.append((number, next))
        changes.append(
          Change(
            revision: revision, key: write.key, version: (next ?? current)?.version ?? 0,
            isRemoval: next == nil))
      }
    }

    /// Who began after another had ended has the greater revision.
    func checkRealTime() {
      var lastStart: UInt64 = 0
      for commit in commits {
        // All before it in the order began before it ended.
        #expect(commit.end >= lastStart, "\(context): revision \(commit.revision ?? 0)")
        lastStart = max(lastStart, commit.start)
      }
    }

    /// Every record that was shown was there at a moment between the call and its answer.
    func checkObservations() {
      let byEnd = commits.enumerated().map { ($0.element.end, $0.offset + 1) }.sorted {
        $0.0 < $1.0
      }
      for call in calls {
        let (key, seen): (String, MetadataRecord?)
        switch call.outcome {
        case .read(let place, let record), .conflict(let place, let record):
          (key, seen) = (place, record)
        case .absent(let place): (key, seen) = (place, nil)
        case .committed: continue
        }
        // A write of the same transaction may come before the one that failed; its first decides.
        if call.writes.count > 1, call.writes[0].key != key { continue }
        let first = byEnd.prefix { $0.0 < call.start }.map(\.1).max() ?? 0
        let last = commits.lastIndex { $0.start <= call.end }.map { $0 + 1 } ?? 0
        let state = seen.map { State(version: $0.version, value: $0.value) }
        #expect(
          isThere(state, key, first, last),
          "\(context): \(key) was seen as \(seen.map { "\($0)" } ?? "absent")")
      }
    }

    private func isThere(_ state: State?, _ key: String, _ first: Int, _ last: Int) -> Bool {
      let steps = states[key] ?? []
      for (index, step) in steps.enumerated() where step.state == state {
        let end = index + 1 < steps.count ? steps[index + 1].from - 1 : Int.max
        if step.from <= last, end >= first { return true }
      }
      return false
    }
  }
}
