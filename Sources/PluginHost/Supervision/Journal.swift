public import CHostSupport
import Glibc
public import HostSupport
import Synchronization

/// What the host is doing, in a mapped file that outlives it. See JOURNAL.md.
///
/// First `readPrevious`, then quarantine whom it blames, and only then `begin`, which starts the file anew: a host that
/// dies in between is blamed on the same build again.
///
/// Threading: every method may be called from any thread.
@safe public final class Journal: Sendable {
  /// The most builds that the table holds at a time.
  public static let capacity = 16_384

  /// The mapping, for `hs_journal_record_crash` in a signal handler; valid as long as this value lives.
  public var raw: UnsafeMutablePointer<hs_journal> { unsafe mapping }

  // Safe: the mapping lives as long as this object; fields of it are written by single stores or under `builds`.
  private nonisolated(unsafe) let mapping: UnsafeMutablePointer<hs_journal>
  private let file: FileDescriptor
  private let builds = Mutex(Builds())

  private struct Builds {
    var used: UInt32 = 1  // 0 is none
    var reserved = 0
    var freed: [UInt32] = []
  }

  /// Reads the journal of the host before, and sets a damaged one aside.
  ///
  /// - Parameter state: The host's state directory.
  /// - Returns: What it tells; `nil` when there is none, or it was damaged.
  /// - Throws: The system's error.
  public static func readPrevious(
    in state: StateDirectory
  ) throws(SystemError) -> PreviousRun? {
    guard let bytes = try AtomicFile.read("journal", in: state.root, limit: fullSize) else {
      return nil
    }
    guard let reader = JournalReader(bytes) else {
      try AtomicFile.setAside("journal", in: state.root)
      return nil
    }
    return reader.previousRun(boot: bootId())
  }

  /// Starts a journal anew for this process.
  ///
  /// - Parameter state: The host's state directory.
  /// - Returns: The journal, empty.
  /// - Throws: The system's error, a full disk among them.
  public static func begin(in state: StateDirectory) throws(SystemError) -> Journal {
    let file = try state.root.open("journal.new", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW)
    let journal = try Journal(file: file)
    try state.root.rename("journal.new", to: "journal")
    return journal
  }

  /// The mapping's size; the file grows below it, a hundred and some builds at a time.
  private static var fullSize: Int {
    Int(HS_JOURNAL_BUILDS_AT) + capacity * MemoryLayout<hs_journal_build>.size
  }

  private init(file: consuming FileDescriptor) throws(SystemError) {
    let raw = file.raw
    let code = posix_fallocate(raw, 0, off_t(HS_JOURNAL_BUILDS_AT))
    if code != 0 { throw SystemError("posix_fallocate", "journal", code: code) }
    let mapped = unsafe mmap(nil, Journal.fullSize, PROT_READ | PROT_WRITE, MAP_SHARED, raw, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw SystemError("mmap", "journal")
    }
    unsafe mapping = mapped.assumingMemoryBound(to: hs_journal.self)
    self.file = file
    writeHeader()
  }

  deinit {
    if unsafe hs_journal_installed() == mapping { hs_journal_install(nil) }
    unsafe munmap(mapping, Journal.fullSize)
  }

  private func writeHeader() {
    var header = hs_journal()
    header.magic = HS_JOURNAL_MAGIC
    header.version = HS_JOURNAL_VERSION
    header.size = UInt32(MemoryLayout<hs_journal>.size)
    header.build_size = UInt32(MemoryLayout<hs_journal_build>.size)
    header.build_capacity = UInt32(Journal.capacity)
    header.pid = getpid()
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    header.started = UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    Journal.store(Journal.bootId(), in: &header.boot, terminated: true)
    unsafe mapping.pointee = header
  }

  /// Makes this the journal that signal handlers and exit hooks of the process find by `hs_journal_installed`.
  public func install() {
    unsafe hs_journal_install(mapping)
  }

  /// Enters a build into the table.
  ///
  /// - Parameter build: The build; a long id or version is cut.
  /// - Returns: Its index, 1…16,383, to be used in steps and crash records.
  /// - Throws: `ENOSPC` when the table or the disk is full.
  public func add(_ build: PluginBuild) throws(SystemError) -> UInt32 {
    var record = Journal.record(build)
    return try builds.withLock { (builds) throws(SystemError) in
      let index = try slot(&builds)
      unsafe hs_journal_put_build(mapping, index, &record)
      return index
    }
  }

  /// Enters another generation of the same build in its place.
  ///
  /// - Parameters:
  ///   - index: From `add`; 0 is none.
  ///   - build: What the place stands for from now on.
  public func rewrite(_ index: UInt32, _ build: PluginBuild) {
    var record = Journal.record(build)
    builds.withLock { builds in
      guard index > 0, index < builds.used, !builds.freed.contains(index) else { return }
      unsafe hs_journal_put_build(mapping, index, &record)
    }
  }

  private static func record(_ build: PluginBuild) -> hs_journal_build {
    var record = hs_journal_build()
    record.generation = build.generation
    unsafe withUnsafeMutableBytes(of: &record.hash) { unsafe $0.copyBytes(from: build.hash.bytes) }
    record.id_length = store(build.id, in: &record.id)
    record.version_length = store(build.version, in: &record.version)
    return record
  }

  /// Takes a build out of the table when none of its code can run any more, so that its index can be used again.
  public func remove(_ index: UInt32) {
    builds.withLock { builds in
      guard index > 0, index < builds.used, !builds.freed.contains(index) else { return }
      unsafe hs_journal_put_build(mapping, index, nil)
      builds.freed.append(index)
    }
  }

  private func slot(_ builds: inout Builds) throws(SystemError) -> UInt32 {
    if let index = builds.freed.popLast() { return index }
    guard builds.used < Journal.capacity else {
      throw SystemError("journal: table of builds", code: ENOSPC)
    }
    if Int(builds.used) >= builds.reserved {
      // Before the first store: a full disk must be an error here and not a SIGBUS there.
      let size = MemoryLayout<hs_journal_build>.size
      let code = posix_fallocate(
        file.raw, off_t(Int(HS_JOURNAL_BUILDS_AT) + builds.reserved * size), off_t(128 * size))
      if code != 0 { throw SystemError("posix_fallocate", "journal", code: code) }
      builds.reserved += 128
    }
    builds.used += 1
    return builds.used - 1
  }

  /// Notes that a call into a plugin begins: four stores, no system call but the clock's.
  ///
  /// - Parameters:
  ///   - build: The build's index.
  ///   - phase: Which call it is.
  ///   - slot: Which of eight notes to use, 0…7; threads that make lifecycle calls at the same time use one each.
  public func beginStep(_ build: UInt32, _ phase: LifecyclePhase, slot: UInt32 = 0) {
    unsafe hs_journal_begin(mapping, slot, build, phase.journalNumber, Deadline.now())
  }

  /// Notes that the call came back.
  public func endStep(slot: UInt32 = 0) {
    unsafe hs_journal_end(mapping, slot)
  }

  /// The call that has not come back yet, for the exit hook: build index and phase.
  public func currentStep(slot: UInt32 = 0) -> (build: UInt32, phase: LifecyclePhase)? {
    let steps = unsafe UnsafeMutableRawPointer(mapping) + 80 + 16 * Int(slot % 8)
    let build = unsafe steps.load(as: UInt32.self)
    let number = unsafe steps.load(fromByteOffset: 4, as: UInt32.self)
    guard build != 0, let phase = LifecyclePhase(journalNumber: number) else { return nil }
    return (build, phase)
  }

  /// Notes that the host ends as it was told to: nobody will be blamed.
  public func endCleanly() {
    unsafe mapping.pointee.ending = HS_JOURNAL_CLEAN
  }

  private static func bootId() -> String {
    guard let file = try? FileDescriptor.open("/proc/sys/kernel/random/boot_id", O_RDONLY),
      let bytes = try? file.read(39, at: 0)
    else { return "" }
    return String(decoding: bytes.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
  }

  /// Stores a text, cut at a character, in a field of fixed size.
  ///
  /// - Returns: How many bytes were stored.
  @discardableResult
  private static func store<Field>(
    _ text: String, in field: inout Field, terminated: Bool = false
  ) -> UInt32 {
    unsafe withUnsafeMutableBytes(of: &field) { bytes in
      let room = bytes.count - (terminated ? 1 : 0)
      var stored = 0
      for character in text {
        let encoded = Array(character.utf8)
        guard stored + encoded.count <= room else { break }
        for byte in encoded {
          unsafe bytes[stored] = byte
          stored += 1
        }
      }
      return UInt32(stored)
    }
  }
}
