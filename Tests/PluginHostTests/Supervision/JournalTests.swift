import CHostSupport
import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct JournalTests {
  static let good = PluginBuild(
    id: "org.good", version: "1.0.0", hash: SHA256Digest.of([1]), generation: 1)
  static let bad = PluginBuild(
    id: "org.bad", version: "2.1.0-beta.1", hash: SHA256Digest.of([2]), generation: 3)

  /// What the host that is about to die does, in a process of its own.
  ///
  /// - Returns: The journal, with `good` and `bad` entered and installed.
  static func host(on path: String) throws -> (journal: Journal, bad: UInt32) {
    let journal = try Journal.begin(in: StateDirectory.open(path))
    _ = try journal.add(good)
    let index = try journal.add(bad)
    journal.install()
    return (journal, index)
  }

  /// Reads what a host that died left.
  static func previous(_ directory: TemporaryDirectory) throws -> PreviousRun? {
    try Journal.readPrevious(in: StateDirectory.open(directory.path))
  }

  static func put<Characters>(_ text: String, in characters: inout Characters) {
    unsafe withUnsafeMutableBytes(of: &characters) { unsafe $0.copyBytes(from: Array(text.utf8)) }
  }

  /// Records a fault; answers what the journal said of it.
  private static func record(_ signal: Int32, _ build: UInt32, in journal: Journal) -> Int32 {
    var crash = hs_crash()
    crash.signal = signal
    return unsafe withUnsafePointer(to: crash) { crash in
      var fault = unsafe hs_journal_fault(crash: crash, build: build, phase: 0, side: 0)
      return unsafe hs_journal_record_crash(journal.raw, &fault)
    }
  }

  @Test("A journal of version 1 is read, without what it did not have")
  func versionOne() throws {
    let directory = TemporaryDirectory()
    do {
      let (journal, bad) = try JournalTests.host(on: directory.path)
      #expect(JournalTests.record(SIGSEGV, bad, in: journal) == 1)
    }
    var bytes = try FileDescriptor.open(directory.file("journal"), O_RDONLY).read(8_192, at: 0)
    bytes.replaceSubrange(8..<16, with: [1, 0, 0, 0, 184, 1, 0, 0])
    let run = try #require(JournalReader(bytes)?.previousRun(boot: "x"))
    #expect(run.culprit?.build == JournalTests.bad)
    #expect(run.crash?.detail == nil)
  }

  @Test("A first start has no run before it")
  func first() throws {
    #expect(try JournalTests.previous(TemporaryDirectory()) == nil)
  }

  @Test("A clean end blames nobody, whatever else the journal holds")
  func clean() throws {
    let directory = TemporaryDirectory()
    do {
      let (journal, bad) = try JournalTests.host(on: directory.path)
      journal.beginStep(bad, .load)
      journal.endCleanly()
    }
    let run = try #require(try JournalTests.previous(directory))
    #expect(run.cleanShutdown)
    #expect(run.pid == getpid())
    #expect(run.culprit == nil)
  }

  @Test("A process that dies by SIGSEGV leaves the build, the phase, the topic and the thread")
  func segmentationFault() async throws {
    let directory = TemporaryDirectory()
    await #expect(processExitsWith: .signal(SIGSEGV)) { [path = directory.path as String] in
      let (journal, bad) = try JournalTests.host(on: path)
      journal.beginStep(bad, .running)
      signal(SIGSEGV) { number in
        // The build's index is 2; a handler that captures nothing cannot be told.
        var crash = hs_crash()
        crash.signal = number
        crash.code = 1
        crash.address = 0xdead0
        crash.sequence = 9
        crash.policy = HS_CONTAIN_TRAPS
        JournalTests.put("tick.é", in: &crash.topic)
        JournalTests.put("dvt-worker", in: &crash.thread_name)
        JournalTests.put("Fatal error: out of cheese\nmore", in: &crash.message)
        crash.trace.count = 2
        crash.trace.image_count = 1
        crash.trace.frames.0 = hs_trace_frame(address: 0x1234, image: 1, reserved: 0)
        crash.trace.frames.1 = hs_trace_frame(address: 0x2345, image: 2, reserved: 0)
        crash.trace.images.0.base = 0x1000
        crash.trace.images.0.length = 6
        JournalTests.put("/lib/x and more", in: &crash.trace.images.0.path)
        unsafe withUnsafePointer(to: crash) { crash in
          var fault = unsafe hs_journal_fault(
            crash: crash, build: 2, phase: LifecyclePhase.running.journalNumber,
            side: UInt32(HS_JOURNAL_SIDE_PLUGIN))
          unsafe hs_journal_record_crash(hs_journal_installed(), &fault)
        }
        signal(number, SIG_DFL)
        raise(number)
      }
      raise(SIGSEGV)
      withExtendedLifetime(journal) {}
    }
    let run = try #require(try JournalTests.previous(directory))
    #expect(!run.cleanShutdown)
    #expect(run.sameBoot)
    let crash = try #require(run.crash)
    #expect(crash.signal == SIGSEGV)
    #expect(crash.address == 0xdead0)
    #expect(crash.build == JournalTests.bad)
    #expect(crash.topic == "tick.é")
    #expect(run.culprit?.build == JournalTests.bad)
    #expect(
      run.culprit?.cause
        == "SIGSEGV at 0xdead0 while handling tick.é on thread dvt-worker"
        + ": Fatal error: out of cheese")
    let detail = try #require(crash.detail)
    #expect(detail.policy == .traps)
    #expect(detail.sequence == 9)
    #expect(
      detail.trace.frames == [
        CrashTrace.Frame(address: 0x1234, image: 0), CrashTrace.Frame(address: 0x2345, image: nil),
      ])
    #expect(detail.trace.images == [CrashTrace.Image(base: 0x1000, path: "/lib/x")])
  }

  @Test("A process that is killed while it loads a build blames that build")
  func killedInLoad() async throws {
    let directory = TemporaryDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
      let (journal, bad) = try JournalTests.host(on: path)
      journal.beginStep(bad, .load)
      raise(SIGKILL)
    }
    let run = try #require(try JournalTests.previous(directory))
    #expect(run.unfinishedSteps == [PreviousRun.Step(build: JournalTests.bad, phase: .load)])
    #expect(
      run.culprit
        == QuarantineCause(
          build: JournalTests.bad, cause: "the host died while it was being loaded", phase: .load))
  }

  @Test(
    "A process that is killed elsewhere blames nobody",
    arguments: [LifecyclePhase.initialize, .running, .cleanup])
  func killedElsewhere(phase: LifecyclePhase) async throws {
    let directory = TemporaryDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = directory.path as String, number = phase.journalNumber as UInt32] in
      let (journal, bad) = try JournalTests.host(on: path)
      journal.beginStep(bad, try #require(LifecyclePhase(journalNumber: number)))
      raise(SIGKILL)
    }
    let run = try #require(try JournalTests.previous(directory))
    #expect(run.unfinishedSteps == [PreviousRun.Step(build: JournalTests.bad, phase: phase)])
    #expect(run.culprit == nil)
  }

  @Test("A step that ended is not blamed")
  func endedStep() async throws {
    let directory = TemporaryDirectory()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
      let (journal, bad) = try JournalTests.host(on: path)
      journal.beginStep(bad, .load)
      journal.endStep()
      raise(SIGKILL)
    }
    let run = try #require(try JournalTests.previous(directory))
    #expect(run.unfinishedSteps.isEmpty)
    #expect(run.culprit == nil)
  }

  @Test("A call of exit in a plugin is blamed on it")
  func exitInPlugin() async throws {
    let directory = TemporaryDirectory()
    await #expect(processExitsWith: .exitCode(3)) { [path = directory.path as String] in
      let (journal, bad) = try JournalTests.host(on: path)
      journal.beginStep(bad, .initialize)
      atexit {
        let installed = unsafe hs_journal_installed()
        unsafe hs_journal_record_exit(installed, -1, 2, LifecyclePhase.initialize.journalNumber)
      }
      exit(3)
    }
    let run = try #require(try JournalTests.previous(directory))
    #expect(
      run.culprit
        == QuarantineCause(
          build: JournalTests.bad, cause: "it called exit() in init", phase: .initialize))
  }

  @Test("Only the first crash is kept, and a fault of nobody's build hides an unfinished load")
  func crashRecords() throws {
    let directory = TemporaryDirectory()
    do {
      let (journal, bad) = try JournalTests.host(on: directory.path)
      journal.beginStep(bad, .load)
      #expect(JournalTests.record(SIGBUS, 0, in: journal) == 1)
      #expect(JournalTests.record(SIGILL, bad, in: journal) == 0)
    }
    let run = try #require(try JournalTests.previous(directory))
    #expect(run.crash?.signal == SIGBUS)
    #expect(run.culprit == nil)
  }

  @Test("Indices of builds that were removed are used again, and a long id is cut at a character")
  func table() throws {
    let directory = TemporaryDirectory()
    let state = try StateDirectory.open(directory.path)
    let journal = try Journal.begin(in: state)
    let long = PluginBuild(
      id: String(repeating: "é", count: 200), version: "1", hash: .zero, generation: 1)
    #expect(try journal.add(JournalTests.good) == 1)
    #expect(try journal.add(long) == 2)
    journal.remove(1)
    journal.remove(1)
    #expect(try journal.add(JournalTests.bad) == 1)
    #expect(try journal.add(JournalTests.good) == 3)
    journal.beginStep(2, .load)
    #expect(journal.currentStep()?.build == 2)
    #expect(journal.currentStep()?.phase == .load)
    let run = try #require(try Journal.readPrevious(in: state))
    #expect(run.unfinishedSteps.first?.build.id == String(repeating: "é", count: 128))
  }

  @Test("The table holds 16,383 builds and then says that it is full")
  func full() throws {
    let directory = TemporaryDirectory()
    let journal = try Journal.begin(in: StateDirectory.open(directory.path))
    let first = try (1...127).map { _ in try journal.add(JournalTests.good) }
    #expect(try journalSize(directory) == 4_096 + 128 * 384)
    let others = try (128..<Journal.capacity).map { _ in try journal.add(JournalTests.good) }
    #expect(first + others == (1..<UInt32(Journal.capacity)).map { $0 })
    #expect(try journalSize(directory) == 4_096 + Journal.capacity * 384)
    #expect(throws: SystemError("journal: table of builds", code: ENOSPC)) {
      try journal.add(JournalTests.bad)
    }
  }

  private func journalSize(_ directory: TemporaryDirectory) throws -> Int {
    try Directory(directory.path).status(of: "journal").size
  }

  @Test("Every phase has a number of its own that reads back")
  func phases() {
    #expect(
      Set(LifecyclePhase.allCases.map(\.journalNumber)).count == LifecyclePhase.allCases.count)
    for phase in LifecyclePhase.allCases {
      #expect(LifecyclePhase(journalNumber: phase.journalNumber) == phase)
    }
    #expect(LifecyclePhase(journalNumber: 0) == nil)
  }

  @Test("A damaged journal is set aside and blames nobody", arguments: [0, 1, 439, 440, 4_096])
  func damaged(size: Int) throws {
    let directory = TemporaryDirectory()
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try Data(bytes).write(to: URL(filePath: directory.file("journal")))
    #expect(try JournalTests.previous(directory) == nil)
    #expect(FileManager.default.fileExists(atPath: directory.file("journal.damaged")))
    #expect(!FileManager.default.fileExists(atPath: directory.file("journal")))
  }

  @Test("A journal with any byte of its first page or first build turned over is read without harm")
  func fuzz() throws {
    let directory = TemporaryDirectory()
    do {
      let (journal, bad) = try JournalTests.host(on: directory.path)
      journal.beginStep(bad, .load)
      #expect(JournalTests.record(SIGSEGV, bad, in: journal) == 1)
    }
    let whole = try FileDescriptor.open(directory.file("journal"), O_RDONLY).read(8_192, at: 0)
    for offset in 0..<5_300 {
      var bytes = whole
      bytes[offset] ^= 0xff
      guard let run = JournalReader(bytes)?.previousRun(boot: "x") else { continue }
      if let culprit = run.culprit {
        #expect([JournalTests.bad.id, JournalTests.good.id].contains(culprit.build.id))
      }
    }
    for length in 0..<5_000 where JournalReader(Array(whole[..<length])) != nil {
      _ = JournalReader(Array(whole[..<length]))?.previousRun(boot: "x").culprit
    }
  }
}
