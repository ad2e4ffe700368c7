import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore

/// `METADATA_FAULTS=1` tries every call of every kind, `METADATA_SEED` chooses the script and the calls that are tried otherwise.
@Suite struct FaultTests {
  let folder = TemporaryDirectory(inMemory: true, executable: true)
  static let kinds = ["write", "sync", "open", "rename", "unlink", "mkdir"]

  static func count(_ kind: String, in log: SystemCallLog) -> Int {
    log.calls.count { call in
      switch (kind, call) {
      case ("write", .write), ("write", .truncate), ("write", .grow), ("sync", .sync),
        ("sync", .syncAll), ("rename", .rename), ("unlink", .unlink), ("mkdir", .makeFolder):
        true
      case ("open", .open(_, _, let flags)): flags & O_CREAT != 0
      default: false
      }
    }
  }

  /// Ordinals of the syncs that save bytes and not names: for a folder of which one failed there is no cure.
  static func syncsOfFiles(in log: SystemCallLog) -> [Int] {
    var files: Set<UInt32> = []
    var ordinals: [Int] = []
    var count = 0
    for call in log.calls {
      switch call {
      case .open(let handle, _, let flags) where flags & O_ACCMODE != O_RDONLY:
        files.insert(handle)
      case .sync(let handle, _):
        count += 1
        if files.contains(handle) { ordinals.append(count) }
      default: break
      }
    }
    return ordinals
  }

  func run(
    _ subject: CrashSubject, seed: UInt64, _ fault: SystemCallRecorder.Fault?,
    in former: String? = nil
  ) throws -> (log: SystemCallLog, root: String) {
    let root = former ?? folder.file("root-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try? FileManager.default.removeItem(atPath: "\(root).log")
    let environment = try SystemCallRecorder.shared.get().environment(
      root: root, log: "\(root).log", skipping: subject.others.map { "store/\($0)" },
      fault: fault)
    let steps = subject == .sqlite ? 60 : 14
    let writer = try ChildProcess(
      try subject.command("\(root)/store", seed: seed, steps: steps), environment: environment)
    _ = try #require(writer.wait(milliseconds: 60_000), "the writer did not end")
    return (try SystemCallRecorder.log("\(root).log"), root)
  }

  @Test(
    "A call that fails loses nothing that was acknowledged, and work goes on after it",
    arguments: CrashSubject.all, kinds)
  func failing(subject: CrashSubject, kind: String) throws {
    let number = UInt64(setting("METADATA_SEED", default: Int.random(in: 1...999_999)))
    for seed in [number &* 2, number &* 2 &+ 1] { try failing(subject, kind, seed: seed) }
  }

  private func failing(_ subject: CrashSubject, _ kind: String, seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    let total = Self.count(kind, in: try run(subject, seed: seed, nil).log)
    if subject == .keeper, kind == "unlink" { return #expect(total == 0) }
    try #require(total > 0)
    let all = Array(1...total)
    let tried =
      setting("METADATA_FAULTS", default: 0) > 0
      ? all : Array(all.shuffled(using: &random).prefix(3))
    for first in tried {
      let fault = SystemCallRecorder.Fault(
        kind, first: first, count: random.chance(50) ? 1 : 3,
        error: random.chance(50) ? EIO : ENOSPC)
      let (log, root) = try run(subject, seed: seed, fault)
      try check(subject, log, root, seed: seed, "METADATA_SEED=\(seed / 2), \(fault)")
    }
  }

  /// Opens what is there now, and what a power failure would have left after each answer to the writer.
  private func check(
    _ subject: CrashSubject, _ log: SystemCallLog, _ root: String, seed: UInt64, _ context: String
  ) throws {
    var disk = DiskModel()
    var ledger = CrashLedger(seed: seed)
    for (index, call) in log.calls.enumerated() {
      let isUnderstood = disk.apply(call)
      try #require(isUnderstood, "\(context), call \(index): \(call)")
      guard case .mark(let line) = call else { continue }
      ledger.add(line)
      for loss in [.everything, .random(seed: seed &+ UInt64(index))] as [DiskModel.Loss] {
        let copy = "\(root)-copy"
        try? FileManager.default.removeItem(atPath: copy)
        try disk.image(after: loss).write(to: copy)
        let found = try subject.content("\(copy)/store").records
        let problem = ledger.fault(in: found, surviving: .disk)
        #expect(problem == nil, "\(context), \(loss) at call \(index); \(ledger.refusals)")
        if problem != nil { return }
      }
    }
    let content = try subject.content("\(root)/store")
    let problem = ledger.fault(in: content.records, surviving: .os)
    #expect(problem == nil, "\(context); \(ledger.refusals)")
    #expect(!content.notes.contains { $0.contains("damaged") }, "\(context): \(content.notes)")
    let words = [
      "Input/output error", "No space left on device", "disk I/O error",
      "database or disk is full",
    ]
    for refusal in ledger.refusals {
      #expect(words.contains { refusal.contains($0) }, "\(context): \(refusal)")
    }
    // No more than three calls fail: the last transactions find a sound store.
    if ledger.refusals.count < 8, ledger.isOpen { #expect(ledger.acknowledged > 2, "\(context)") }
  }

  func put(_ key: String, _ size: Int) -> MetadataWrite {
    MetadataWrite(
      collection: "c", key: key, value: .bytes([UInt8](repeating: 7, count: size)))
  }

  @Test(
    "What a sync could not save is not taken for safe by the next process",
    arguments: CrashSubject.all)
  func killedAfterFailure(subject: CrashSubject) throws {
    let number = UInt64(setting("METADATA_SEED", default: Int.random(in: 1...999_999)))
    var random = SeededNumbers(seed: number)
    let all = Self.syncsOfFiles(in: try run(subject, seed: number, nil).log)
    let tried =
      setting("METADATA_FAULTS", default: 0) > 0
      ? all : Array(all.shuffled(using: &random).prefix(4))
    for first in tried {
      let fault = SystemCallRecorder.Fault("sync", first: first, kills: true)
      let (before, root) = try run(subject, seed: number, fault)
      // What a host saves besides, when it comes to it, shifts the count: then it was the sync of a folder that failed.
      guard Self.syncsOfFiles(in: before).contains(first) else { continue }
      let copy = "\(root)-copy"
      try? FileManager.default.removeItem(atPath: copy)
      try FileManager.default.copyItem(atPath: root, toPath: copy)
      let start = try subject.content("\(copy)/store").records
      _ = unsafe unlink("\(root)/store/journal")
      let (after, _) = try run(subject, seed: number &+ 1, nil, in: root)
      var disk = DiskModel()
      for call in before.calls {
        let isUnderstood = disk.apply(call)
        try #require(isUnderstood, "\(call)")
      }
      var ledger = CrashLedger(seed: number &+ 1, start: start)
      var isSafe = false
      for (index, call) in after.calls.enumerated() {
        let isUnderstood = disk.apply(call)
        try #require(isUnderstood, "\(call)")
        guard case .mark(let line) = call else { continue }
        ledger.add(line)
        isSafe = isSafe || (line.hasPrefix("done") && line.hasSuffix("disk\n"))
        guard isSafe else { continue }
        try? FileManager.default.removeItem(atPath: copy)
        try disk.image(after: .everything).write(to: copy)
        let problem = ledger.fault(
          in: try subject.content("\(copy)/store").records, surviving: .disk)
        #expect(problem == nil, "METADATA_SEED=\(number), \(fault), then call \(index)")
        if problem != nil { return }
      }
      #expect(ledger.isClosed, "METADATA_SEED=\(number), \(fault): \(after.output)")
    }
  }

  @Test(
    "A full disk refuses, by one record and by batches, and takes more when there is room again",
    .enabled(if: TemporaryFileSystem.isPossible), arguments: CrashSubject.all, [1, 2])
  func fullDisk(subject: CrashSubject, batch: Int) throws {
    let disk = try TemporaryFileSystem(options: "size=2m")
    let path = "\(disk.path)/store"
    let kept = try subject.open(path) { store in
      let filler = "\(disk.path)/filler"
      // No child that another test starts meanwhile may have it open: the room would stay taken.
      try FileDescriptor.open(filler, O_WRONLY | O_CREAT)
        .write([UInt8](repeating: 0, count: 1536 << 10))
      var kept = 0
      var refusal: MetadataError?
      while refusal == nil, kept < 1000 {
        do throws(MetadataError) {
          try store.transaction((0..<batch).map { put("\(kept)-\($0)", 10_000) })
          kept += 1
        } catch {
          refusal = error
        }
      }
      let text = refusal?.description ?? ""
      #expect(text.contains("No space left on device") || text.contains("disk is full"), "\(text)")
      #expect(store.stats.records == kept * batch)
      // Refused again, not half taken.
      #expect(throws: MetadataError.self) { try store.put(put("more", 30_000)) }
      try FileManager.default.removeItem(atPath: filler)
      try store.put(put("more", 1000))
      #expect(store.stats.records == kept * batch + 1)
      return kept
    }
    let records = try subject.open(path) { $0.stats.records }
    #expect(records == kept * batch + 1)
  }

  @Test(
    "A folder that cannot be written to is refused and left as it is",
    .enabled(if: TemporaryFileSystem.isPossible), arguments: CrashSubject.all)
  func readOnly(subject: CrashSubject) throws {
    let disk = try TemporaryFileSystem()
    let path = "\(disk.path)/store"
    try subject.open(path) { store in _ = try store.put(put("a", 10)) }
    let before = try DiskImage(of: path)
    try disk.remount("ro")
    let error = #expect(throws: MetadataError.self) {
      try subject.open(path) { store in _ = try store.put(put("b", 10)) }
    }
    #expect(error?.description.contains("Read-only file system") == true, "\(error as Any)")
    #expect(try DiskImage(of: path) == before)
    try disk.remount("rw")
    let records = try subject.open(path) { $0.stats.records }
    #expect(records == 1)
  }

  @Test("A store that another process has open is refused", arguments: CrashSubject.all)
  func twoHosts(subject: CrashSubject) throws {
    let path = folder.file("store")
    let writer = try ChildProcess(try subject.command(path, seed: 1))
    #expect(Condition.holds(milliseconds: 30_000) { writer.output.contains("done") })
    let error = #expect(throws: MetadataError.self) { try subject.content(path) }
    let text = error?.description ?? ""
    let words = [
      "is open in another process", "another process has it open",
      "is locked by the process \(writer.pid)",
    ]
    #expect(words.contains { text.contains($0) }, "\(text)")
    writer.signal(SIGKILL)
    _ = writer.wait()
    #expect(try subject.content(path).records.isEmpty == false)
  }

  @Test(
    "A store that was closed is free at once, also while a child is being started",
    arguments: CrashSubject.all)
  func freeAtOnce(subject: CrashSubject) throws {
    let path = folder.file("store")
    // What a child has between `fork` and `exec`.
    let copies = try subject.open(path) { _ in
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init)
        .filter { number in
          let link = "/proc/self/fd/\(number)"
          return (try? FileManager.default.destinationOfSymbolicLink(atPath: link))?
            .hasPrefix(path) == true
        }.map { dup($0) }
    }
    defer { for copy in copies { close(copy) } }
    #expect(!copies.isEmpty)
    #expect(try subject.content(path).records.isEmpty)
  }
}
