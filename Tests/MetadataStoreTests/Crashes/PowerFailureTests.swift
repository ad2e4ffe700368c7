import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore

/// `METADATA_FAILURES` is how many random states are tried after each system call, `METADATA_ROUNDS` how often power fails twice,
/// `METADATA_SEED` chooses them.
@Suite struct PowerFailureTests {
  let folder = TemporaryDirectory(inMemory: true, executable: true)

  /// Runs a writer to its end and gives what it did to the disk.
  func record(
    _ subject: CrashSubject, seed: UInt64, steps: Int, threads: Int = 1, root: String,
    fault: SystemCallRecorder.Fault? = nil
  ) throws -> SystemCallLog {
    let log = folder.file("log")
    try? FileManager.default.removeItem(atPath: log)
    let environment = try SystemCallRecorder.shared.get().environment(
      root: root, log: log, skipping: subject.others.map { "store/\($0)" }, fault: fault)
    let writer = try ChildProcess(
      try subject.command("\(root)/store", seed: seed, steps: steps, threads: threads),
      environment: environment)
    _ = try #require(writer.wait(milliseconds: 60_000), "the writer did not end: \(writer.output)")
    return try SystemCallRecorder.log(log)
  }

  static let losses: [DiskModel.Loss] = [.everything, .nothing, .bytes, .names]

  @Test(
    "Promise 11: power may fail after any system call, and whatever of the unsynced is lost",
    arguments: CrashSubject.all, [0, 1, 3])
  func everyPrefix(subject: CrashSubject, writers: Int) throws {
    // Without writers: one whose transactions are a record each.
    let threads = max(1, writers)
    let number = UInt64(setting("METADATA_SEED", default: Int.random(in: 1...999_999)))
    let seed = number &* 2 &+ (writers == 0 ? 0 : 1)
    let root = folder.file("root")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    let log = try record(
      subject, seed: seed, steps: setting("METADATA_STEPS", default: subject.steps) / threads,
      threads: threads, root: root)
    #expect(log.output.hasSuffix("closed\n"))
    try check(subject, log, DiskModel(), CrashLedger(seed: seed), seed: number, "")
  }

  @Test(
    "Promise 11: power may fail again while a store goes on after a failure",
    arguments: CrashSubject.all)
  func everyPrefixAfterFailure(subject: CrashSubject) throws {
    let seed = UInt64(setting("METADATA_SEED", default: Int.random(in: 1...999_999)))
    var random = SeededNumbers(seed: seed)
    let root = folder.file("root")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    let log = try record(subject, seed: seed, steps: subject.steps, root: root)
    for round in 1...setting("METADATA_ROUNDS", default: 3) {
      let last = Int.random(in: 0..<log.calls.count, using: &random)
      let loss = DiskModel.Loss.random(seed: random.next())
      var disk = DiskModel()
      for call in log.calls[...last] {
        let isUnderstood = disk.apply(call)
        try #require(isUnderstood, "\(call)")
      }
      let left = disk.image(after: loss)
      for path in [root, folder.file("left")] {
        try? FileManager.default.removeItem(atPath: path)
        try left.write(to: path)
      }
      let start = try subject.content(folder.file("left/store")).records
      let next = seed &* 100 &+ UInt64(round)
      let more = try record(subject, seed: next, steps: 6, root: root)
      #expect(more.output.hasSuffix("closed\n"), "METADATA_SEED=\(seed), call \(last), \(loss)")
      try check(
        subject, more, DiskModel(left), CrashLedger(seed: next, start: start), seed: seed,
        "after \(loss) at call \(last)")
    }
  }

  /// Opens the store on every state in which a power failure could leave the disk.
  func check(
    _ subject: CrashSubject, _ log: SystemCallLog, _ start: DiskModel, _ ledger: CrashLedger,
    seed: UInt64, _ before: String
  ) throws {
    var (disk, ledger) = (start, ledger)
    let randoms = setting("METADATA_FAILURES", default: 2)
    for (index, call) in log.calls.enumerated() {
      let isUnderstood = disk.apply(call)
      try #require(isUnderstood, "call \(index): \(call)")
      if case .mark(let line) = call { ledger.add(line) }
      let losses =
        Self.losses
        + (0..<randoms).map { .random(seed: seed &* 1_000_003 &+ UInt64(index * 1000 + $0)) }
      for loss in losses {
        let context =
          "METADATA_SEED=\(seed) \(before), call \(index) of \(log.calls.count) (\(call)), \(loss)"
        guard try check(subject, disk.image(after: loss), ledger, context) else { return }
      }
    }
  }

  private func check(
    _ subject: CrashSubject, _ image: DiskImage, _ ledger: CrashLedger, _ context: String
  ) throws -> Bool {
    let root = folder.file("image")
    try? FileManager.default.removeItem(atPath: root)
    try image.write(to: root)
    do {
      let content = try subject.content("\(root)/store")
      let fault = ledger.fault(in: content.records, surviving: .disk)
      #expect(fault == nil, "\(context); notes: \(content.notes)")
      return fault == nil
    } catch {
      Issue.record("\(context): \(error)")
      return false
    }
  }
}
