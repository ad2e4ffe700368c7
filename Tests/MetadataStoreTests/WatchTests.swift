import HostSupport
import MetadataStore
import Synchronization
import TestSupport
import Testing

@Suite struct WatchTests {
  /// What a handler was told.
  final class Recorder: Sendable {
    private let events = Monitor<[MetadataWatchEvent]>([])

    func add(_ event: MetadataWatchEvent) { events.update { $0.append(event) } }
    var all: [MetadataWatchEvent] { events.withLock { $0 } }

    func wait(for count: Int) -> [MetadataWatchEvent] {
      _ = events.wait(until: .after(milliseconds: 30_000)) { $0.count >= count ? true : nil }
      return all
    }
  }

  func put(_ key: String, _ number: Int64 = 0, in collection: String = "things") -> MetadataWrite {
    MetadataWrite(collection: collection, key: key, value: .int(number))
  }

  func revisions(_ events: [MetadataWatchEvent]) -> [UInt64] {
    events.compactMap { event in
      guard case .change(let change) = event else { return nil }
      return change.revision
    }
  }

  @Test("A watch is told of what matches, in order, and of what happened to it")
  func matching() throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    let recorder = Recorder()
    try store.watch("w", collection: "things", prefix: "a/", recorder.add)
    try store.put(put("a/1"))
    try store.put(put("b/1"))
    try store.put(put("a/1", in: "others"))
    try store.transaction([put("a/1", 2), .removing("a/1", from: "things")])
    let changes = recorder.wait(for: 3).compactMap { event in
      if case .change(let change) = event { change } else { nil }
    }
    #expect(changes.map(\.kind) == [.created, .updated, .removed])
    #expect(changes.map(\.revision) == [1, 4, 4])
    #expect(changes.last?.record.value == .int(2))
  }

  @Test("A watch by condition is woken by what fulfils it or did, and by nothing else")
  func condition() throws {
    let jobs = Monitor<[@Sendable () -> Void]>([])
    let store = try MetadataStore { job in jobs.update { $0.append(job) } }
    defer { withExtendedLifetime(store) {} }
    /// Runs what was dispatched, and says how much it was.
    func run() -> Int {
      var count = 0
      while true {
        let all = jobs.update { jobs in
          defer { jobs = [] }
          return jobs
        }
        guard !all.isEmpty else { return count }
        count += all.count
        for job in all { job() }
      }
    }
    func age(_ key: String, _ age: Int64) throws {
      try store.put(
        MetadataWrite(collection: "things", key: key, value: .map(["age": .int(age)])))
    }
    let recorder = Recorder()
    let adults = try QueryMatcher(try QueryCondition("age >= 18"))
    try store.watch(
      "w", WatchScope(collection: "things", prefix: "a", condition: adults), recorder.add)
    try age("a1", 3)
    try age("b1", 30)
    try store.remove("things", "a1")
    #expect(run() == 0)
    try age("a1", 20)
    #expect(run() == 1)
    try age("a1", 5)
    try age("a1", 6)
    #expect(run() == 1)
    try age("a1", 40)
    try store.remove("things", "a1")
    #expect(run() > 0)
    var told: [String] = []
    for event in recorder.all {
      switch event {
      case .change(let change): told.append("\(change.kind) \(change.revision)")
      case .left(let change): told.append("left \(change.revision)")
      case .resync: told.append("resync")
      }
    }
    #expect(told == ["created 4", "left 5", "updated 7", "removed 8"])
  }

  @Test("A watch of one key is not woken by keys that begin with it")
  func key() throws {
    let jobs = Monitor(0)
    let store = try MetadataStore { _ in jobs.update { $0 += 1 } }
    defer { withExtendedLifetime(store) {} }
    try store.watch("w", WatchScope(collection: "things", key: "a")) { _ in }
    try store.put(put("ab"))
    #expect(jobs.withLock { $0 } == 0)
    try store.put(put("a"))
    #expect(jobs.withLock { $0 } == 1)
  }

  @Test("A watch resumes after a revision and misses nothing")
  func resuming() throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    for number in 0..<200 { try store.put(put("k\(number)")) }
    let recorder = Recorder()
    try store.watch("w", collection: "things", after: 50, recorder.add)
    try store.put(put("last"))
    #expect(revisions(recorder.wait(for: 151)) == Array(51...201))
    let early = Recorder()
    try store.watch("early", collection: "things", after: 0, early.add)
    #expect(early.wait(for: 201).count == 201)
  }

  @Test("A revision that is no longer held, or still to come, is refused")
  func unheld() throws {
    let store = try MetadataStore(historyCapacity: 10)
    defer { withExtendedLifetime(store) {} }
    for number in 0..<100 { try store.put(put("k\(number)")) }
    let error = #expect(throws: MetadataError.self) {
      try store.watch("w", collection: "things", after: 5) { _ in }
    }
    #expect(error == .resyncNeeded(from: 100))
    #expect(
      error?.description
        == "the changes asked for are no longer held; list the records and watch from 100 on")
    let future = #expect(throws: MetadataError.self) {
      try store.watch("w", collection: "things", after: 101) { _ in }
    }
    #expect(
      future?.description
        == "revision 101 is still to come, the store is at 100; "
        + "list the records and watch from there")
    try store.watch("w", collection: "things", after: 95) { _ in }
    let taken = #expect(throws: MetadataError.self) {
      try store.watch("w", collection: "things") { _ in }
    }
    #expect(
      taken?.description == "a watch named \"w\" exists; cancel it or take another name")
  }

  @Test("A slow watcher stalls nobody and is told to resync, then goes on")
  func slowness() throws {
    let store = try MetadataStore(historyCapacity: 8)
    defer { withExtendedLifetime(store) {} }
    let recorder = Recorder()
    let gate = Monitor(false)
    try store.watch("slow", collection: "things") { event in
      _ = gate.wait(until: .after(milliseconds: 60_000)) { $0 ? true : nil }
      recorder.add(event)
    }
    // Each change is a transaction, so the first portion holds at most what fits in the history.
    for number in 0..<500 { try store.put(put("k\(number)")) }
    gate.update { $0 = true }
    #expect(Condition.holds { recorder.all.contains(.resync(from: 500)) })
    try store.put(put("after"))
    #expect(Condition.holds { revisions(recorder.all).last == 501 })
    let told = revisions(recorder.all)
    #expect(told == told.sorted())
    #expect(told.last == 501)
    #expect(told.count < 100)
  }

  @Test("A watch of a quiet collection survives any number of changes elsewhere")
  func quietness() throws {
    let store = try MetadataStore(historyCapacity: 8)
    defer { withExtendedLifetime(store) {} }
    let recorder = Recorder()
    try store.watch("quiet", collection: "quiet", recorder.add)
    for number in 0..<500 { try store.put(put("k\(number)")) }
    try store.put(put("k", in: "quiet"))
    #expect(revisions(recorder.wait(for: 1)) == [501])
  }

  @Test("Each change is seen in the snapshot that its handler takes")
  func visibility() throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    let recorder = Recorder()
    let behind = Atomic(0)
    try store.watch("w", collection: "things") { [unowned store] event in
      if case .change(let change) = event, store.snapshot.revision < change.revision {
        behind.add(1, ordering: .relaxed)
      }
      recorder.add(event)
    }
    for number in 0..<500 { try store.put(put("k\(number)")) }
    #expect(revisions(recorder.wait(for: 500)) == Array(1...500))
    #expect(behind.load(ordering: .relaxed) == 0)
  }

  @Test("After cancel returns, no call happens or is happening", arguments: 0..<20)
  func barrier(round: Int) throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    let running = Atomic(0)
    let calls = Atomic(0)
    let watch = try store.watch("w", collection: "things") { _ in
      running.add(1, ordering: .sequentiallyConsistent)
      calls.add(1, ordering: .sequentiallyConsistent)
      for _ in 0..<(round * 50) { _ = Deadline.now() }
      running.subtract(1, ordering: .sequentiallyConsistent)
    }
    for number in 0..<(10 + round * 10) { try store.put(put("k\(number)")) }
    #expect(watch.cancel() == .ended)
    #expect(running.load(ordering: .sequentiallyConsistent) == 0)
    let after = calls.load(ordering: .sequentiallyConsistent)
    let other = Recorder()
    try store.watch("w", collection: "things", other.add)
    for number in 0..<20 { try store.put(put("k\(number)")) }
    #expect(other.wait(for: 20).count == 20)
    #expect(calls.load(ordering: .sequentiallyConsistent) == after)
  }

  @Test("Cancelling from inside the handler is pending, and its completion follows the call")
  func cancellingInside() throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    let handle = Mutex<MetadataWatch?>(nil)
    let story = Monitor<[String]>([])
    let watch = try store.watch("w", collection: "things") { _ in
      guard let watch = handle.withLock({ $0 }) else { return }
      let ending = watch.cancel { story.update { $0.append("completed") } }
      story.update { $0.append("\(ending)") }
    }
    handle.withLock { $0 = watch }
    try store.put(put("a"))
    try store.put(put("b"))
    let told = story.wait(until: .after(milliseconds: 5000)) { $0.count >= 2 ? $0 : nil }
    #expect(told == ["pending", "completed"])
    #expect(watch.cancel() == .ended)
    #expect(store.stats.watchers == 0)
    handle.withLock { $0 = nil }
  }

  @Test("Cancelling while a call runs gives up at the deadline, and its completion follows")
  func cancellingWithDeadline() throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    let gate = Monitor((entered: false, open: false))
    let completed = Monitor(false)
    let watch = try store.watch("w", collection: "things") { _ in
      gate.update { $0.entered = true }
      _ = gate.wait(until: .after(milliseconds: 5000)) { $0.open ? true : nil }
    }
    try store.put(put("a"))
    _ = gate.wait(until: .after(milliseconds: 5000)) { $0.entered ? true : nil }
    let ending = watch.cancel(until: .after(milliseconds: 5)) { completed.update { $0 = true } }
    #expect(ending == .pending)
    gate.update { $0.open = true }
    #expect(completed.wait(until: .after(milliseconds: 5000)) { $0 ? true : nil } == true)
  }

  @Test("A handler may write to the store")
  func writingInside() throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    let recorder = Recorder()
    try store.watch("w", collection: "things") { [unowned store] event in
      if case .change(let change) = event, change.record.key.utf8.count < 5 {
        _ = try? store.put(self.put(change.record.key + "+"))
      }
      recorder.add(event)
    }
    try store.put(put("a"))
    #expect(revisions(recorder.wait(for: 5)) == [1, 2, 3, 4, 5])
  }

  @Test("The outbox is told of every change of every collection, in order of commit")
  func outbox() throws {
    let store = try MetadataStore()
    defer { withExtendedLifetime(store) {} }
    let recorder = Recorder()
    store.setOutbox(recorder.add)
    let threads = try (0..<3).map { index in
      try Thread(name: "w\(index)") {
        for number in 0..<100 { _ = try? store.put(self.put("k\(number)", in: "c\(index)")) }
      }
    }
    for thread in threads { thread.join() }
    #expect(revisions(recorder.wait(for: 300)) == Array(1...300))
    #expect(store.stats.watchers == 0)
    store.setOutbox(nil)
    try store.put(put("k"))
    #expect(recorder.all.count == 300)
  }

  @Test("Handlers run where the opener says")
  func dispatching() throws {
    let jobs = Mutex<[@Sendable () -> Void]>([])
    let store = try MetadataStore(dispatch: { job in jobs.withLock { $0.append(job) } })
    defer { withExtendedLifetime(store) {} }
    let recorder = Recorder()
    try store.watch("w", collection: "things", recorder.add)
    for number in 0..<100 { try store.put(put("k\(number)")) }
    #expect(recorder.all.isEmpty)
    while let job = jobs.withLock({ $0.popLast() }) { job() }
    #expect(revisions(recorder.all) == Array(1...100))
  }
}
