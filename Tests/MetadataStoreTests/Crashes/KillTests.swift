import Glibc
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore

/// `METADATA_KILLS` is how many writers are killed, `METADATA_SEED` chooses when.
@Suite struct KillTests {
  @Test(
    "Promise 11: killed at any moment, a store has every acknowledged transaction, whole",
    arguments: CrashSubject.all, [1, 4])
  func killing(subject: CrashSubject, threads: Int) throws {
    let seed = UInt64(setting("METADATA_SEED", default: Int.random(in: 1...999_999)))
    let rounds = setting("METADATA_KILLS", default: 150)
    let folder = TemporaryDirectory(inMemory: true, executable: true)
    var random = SeededNumbers(seed: seed)
    var records: CrashLedger.Records = [:]
    var revision: UInt64 = 0
    var acknowledged = 0
    for round in 1...max(1, rounds) {
      // A store grows old for some rounds, then the next begins with a new one.
      let path = folder.file("store-\(round / 16)")
      if round % 16 == 0 { (records, revision) = ([:], 0) }
      let script = seed &* 10_000 &+ UInt64(round)
      let writer = try ChildProcess(
        try subject.command(path, seed: script, threads: threads))
      // The moment is the point of the test: from the start of the process, or while it writes.
      let isWriting = round % 3 > 0
      if isWriting {
        #expect(Condition.wait(milliseconds: 30_000) { writer.output.isEmpty ? nil : true } == true)
      }
      let longest: UInt32 = isWriting ? 40_000 : subject.isHosted ? 60_000 : 20_000
      usleep(UInt32.random(in: 0..<longest, using: &random))
      writer.signal(SIGKILL)
      #expect(writer.wait() == .killed(signal: SIGKILL))
      // Of a host that ended while it loaded a plugin the next blames that plugin (Supervision/JOURNAL.md).
      if subject.isHosted { _ = unsafe unlink("\(path)/journal") }
      var ledger = CrashLedger(seed: script, start: records)
      ledger.add(writer.output)
      let context = "METADATA_SEED=\(seed), round \(round)"
      #expect(ledger.refusals == [], "\(context)")
      let content = try subject.content(path)
      let fault = ledger.fault(in: content.records, surviving: .os)
      #expect(fault == nil, "\(context)")
      #expect(content.revision >= revision, "\(context)")
      #expect(!content.notes.contains { $0.contains("damaged") }, "\(context): \(content.notes)")
      if fault != nil { return }
      records = content.records
      revision = content.revision
      acknowledged += ledger.acknowledged
    }
    #expect(acknowledged > 0, "no writer came as far as a write")
  }
}
