import Glibc
import HostSupport

/// A file of the journal that lines are added to.
struct JournalSegment: ~Copyable {
  let number: Int
  private let file: FileDescriptor
  /// Where the next line goes.
  private(set) var size = 0
  /// Up to where the file has blocks.
  private var capacity = 0
  /// Up to where it is on the disk.
  private var synced = 0
  /// Whether its name is on the disk.
  private var isNamed = false

  /// How many bytes of blocks are added at a time: as many as there are, within these.
  private static let blocks = (1 << 16)...(1 << 20)

  static func name(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + ".jsonl"
  }

  static func number(_ name: String) -> Int? {
    guard name.hasSuffix(".jsonl") else { return nil }
    return Int(name.dropLast(6))
  }

  private init(_ number: Int, _ file: consuming FileDescriptor) {
    self.number = number
    self.file = file
  }

  /// Begins a segment. Nothing of it is on the disk before `sync`.
  static func begin(
    _ number: Int, in folders: borrowing FileFolders
  ) throws(SystemError) -> JournalSegment {
    JournalSegment(
      number, try folders.journal.open(name(number), O_WRONLY | O_CREAT | O_EXCL))
  }

  /// Makes a segment that stands for others and has operations, on the disk before its name can be seen.
  static func replacing(
    _ replaced: [Int], by number: Int, _ operations: [PersistenceOperation], revision: UInt64,
    in folders: borrowing FileFolders
  ) throws(SystemError) -> JournalSegment {
    let temporary = folders.temporaryName()
    let file = try folders.temporary.open(temporary, O_WRONLY | O_CREAT | O_EXCL)
    var segment = JournalSegment(number, file)
    do throws(SystemError) {
      try segment.append(JournalText.line(replacing: replaced))
      var rest = operations[...]
      while !rest.isEmpty {
        try segment.append(
          JournalText.line(rest.prefix(256), revision: revision, synced: segment.size))
        rest = rest.dropFirst(256)
      }
      try segment.file.sync()
      try folders.journal.take(temporary, from: folders.temporary, as: name(number))
    } catch {
      _ = try? folders.temporary.remove(temporary)
      throw error
    }
    try folders.journal.sync()
    segment.synced = segment.size
    segment.isNamed = true
    return segment
  }

  /// Whether something of it is not on the disk.
  var isUnsynced: Bool { synced < size }

  /// Takes away what a line that could not be written left at the end.
  mutating func cut() throws(SystemError) {
    capacity = 0
    try file.truncate(to: size)
    capacity = size
  }

  /// Adds a batch; what a failure leaves of it must be cut off before the next.
  mutating func append(_ batch: PersistenceBatch) throws(SystemError) {
    try append(JournalText.line(batch.operations, revision: batch.revision, synced: synced))
  }

  private mutating func append(_ line: [UInt8]) throws(SystemError) {
    if size + line.count > capacity {
      // Blocks ahead of the lines: a sync has less to do when the file does not grow. A disk that is almost full has none to spare.
      let more = min(max(capacity, Self.blocks.lowerBound), Self.blocks.upperBound)
      let end = max(size + line.count, capacity + more)
      try? file.allocate(from: capacity, to: end)
      capacity = end
    }
    try FileCalls.write(line, to: file, at: size)
    size += line.count
  }

  /// Waits until every line is on the disk.
  mutating func sync(_ folders: borrowing FileFolders) throws(SystemError) {
    guard isUnsynced else { return }
    try file.syncData()
    if !isNamed {
      try folders.journal.sync()
      isNamed = true
    }
    synced = size
  }
}
