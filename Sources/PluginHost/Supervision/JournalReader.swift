import CHostSupport
import Glibc
import HostSupport

/// Reads a journal of an earlier host from its bytes. Whatever they are, it neither crashes nor maps the file.
struct JournalReader {
  private let bytes: [UInt8]

  /// Takes the bytes of a journal, or gives `nil` for what is none of this format.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count >= JournalReader.firstSize, value(at: 0) == HS_JOURNAL_MAGIC,
      JournalReader.sizes[number(at: 8)] == number(at: 12), bytes.count >= Int(number(at: 12)),
      number(at: 16) == UInt32(JournalReader.buildSize), number(at: 28) <= HS_JOURNAL_CLEAN
    else { return nil }
  }

  /// The header's size in version 1, to which later ones add.
  private static let firstSize = 440
  /// The header's size by version.
  private static let sizes: [UInt32: UInt32] = [
    1: UInt32(firstSize), HS_JOURNAL_VERSION: UInt32(MemoryLayout<hs_journal>.size),
  ]
  private static let buildSize = MemoryLayout<hs_journal_build>.size

  /// What the journal tells.
  ///
  /// - Parameter boot: The kernel's boot id now.
  /// - Returns: All that is whole in it.
  func previousRun(boot: String) -> PreviousRun {
    PreviousRun(
      pid: Int32(bitPattern: number(at: 24)), cleanShutdown: number(at: 28) == HS_JOURNAL_CLEAN,
      sameBoot: text(at: 40, 40) == boot, crash: crash(), exit: exit(), unfinishedSteps: steps())
  }

  private func crash() -> PreviousRun.Crash? {
    let at = 208
    guard number(at: at) == HS_JOURNAL_WHOLE else { return nil }
    return PreviousRun.Crash(
      signal: Int32(bitPattern: number(at: at + 4)), code: Int32(bitPattern: number(at: at + 8)),
      address: value(at: at + 24), build: build(number(at: at + 12)),
      phase: LifecyclePhase(journalNumber: number(at: at + 16)),
      inHost: number(at: at + 20) == HS_JOURNAL_SIDE_HOST,
      topic: text(at: at + 64, min(128, Int(number(at: at + 44)))), thread: text(at: at + 48, 16),
      time: Double(value(at: at + 32)) / 1e9, threadID: Int32(bitPattern: number(at: at + 40)),
      detail: detail())
  }

  private func detail() -> CrashDetail? {
    guard number(at: 8) > 1 else { return nil }
    let at = JournalReader.firstSize
    return CrashDetail(
      flags: number(at: at), policy: HostConfiguration.CrashPolicy(contained: number(at: at + 4)),
      instruction: value(at: at + 8), sequence: value(at: at + 16), label: text(at: at + 24, 64),
      exception: text(at: at + 88, 128), message: CrashDetail.line(text(at: at + 216, 512)),
      trace: CrashTrace(bytes[at + 728..<at + 728 + CrashTrace.size]))
  }

  private func exit() -> PreviousRun.Exit? {
    let at = 400
    guard number(at: at) == HS_JOURNAL_WHOLE else { return nil }
    return PreviousRun.Exit(
      status: Int32(bitPattern: number(at: at + 4)), build: build(number(at: at + 8)),
      phase: LifecyclePhase(journalNumber: number(at: at + 12)))
  }

  private func steps() -> [PreviousRun.Step] {
    (0..<Int(HS_JOURNAL_STEPS)).compactMap { slot in
      let at = 80 + 16 * slot
      guard let build = build(number(at: at)),
        let phase = LifecyclePhase(journalNumber: number(at: at + 4))
      else { return nil }
      return PreviousRun.Step(build: build, phase: phase)
    }
  }

  /// The builds in its table.
  var builds: [PluginBuild] {
    let room = max(0, bytes.count - Int(HS_JOURNAL_BUILDS_AT)) / JournalReader.buildSize
    return (0..<UInt32(room)).compactMap(build)
  }

  private func build(_ index: UInt32) -> PluginBuild? {
    let size = JournalReader.buildSize
    let at = Int(HS_JOURNAL_BUILDS_AT) + Int(index) * size
    guard index > 0, at + size <= bytes.count, number(at: at) == HS_JOURNAL_WHOLE else {
      return nil
    }
    var record = Array(bytes[at..<at + size])
    for byte in 0..<4 {
      record[byte] = 0
      record[48 + byte] = 0
    }
    guard unsafe hs_journal_check(record, size) == number(at: at + 48),
      let hash = SHA256Digest(bytes: bytes[at + 8..<at + 40])
    else { return nil }
    return PluginBuild(
      id: text(at: at + 52, min(256, Int(number(at: at + 40)))),
      version: text(at: at + 308, min(76, Int(number(at: at + 44)))), hash: hash,
      generation: number(at: at + 4))
  }

  private func number(at offset: Int) -> UInt32 {
    bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private func value(at offset: Int) -> UInt64 {
    bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func text(at offset: Int, _ length: Int) -> String {
    String(decoding: bytes[offset..<offset + length].prefix { $0 != 0 }, as: UTF8.self)
  }
}
