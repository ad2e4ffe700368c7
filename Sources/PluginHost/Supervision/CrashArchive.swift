import FoundationEssentials
public import HostSupport
import Synchronization

/// The crash reports of a host and of those before it on the same state directory.
///
/// Each is a file `crashes/NUMBER.json`: `{"format": 1, "report": {…}}`, 0600, written whole. Of more than `capacity` the
/// oldest goes.
///
/// Threading: every method may be called from any thread; it waits for the disk.
public final class CrashArchive: Sendable {
  /// How many reports are kept.
  public static let capacity = 100
  private static let largest = 1 << 20

  private struct File: Codable {
    var format = 1
    var report: CrashReport
  }

  private let directory: Directory
  private let numbers: Mutex<[Int]>  // ascending

  /// Finds the reports of a host.
  ///
  /// - Throws: The system's error.
  public init(in state: StateDirectory) throws(SystemError) {
    directory = try state.directory("crashes")
    numbers = Mutex(try directory.names().compactMap(Self.number).sorted())
  }

  private static func name(_ number: Int) -> String { "\(number).json" }

  private static func number(_ name: String) -> Int? {
    guard name.hasSuffix(".json"), let number = Int(name.dropLast(5)), number > 0 else {
      return nil
    }
    return number
  }

  /// Keeps a report.
  ///
  /// - Parameter report: What happened; its `id` does not matter.
  /// - Returns: The report with its number.
  /// - Throws: The system's error; the report is not kept then.
  @discardableResult
  public func add(_ report: CrashReport) throws(SystemError) -> CrashReport {
    try numbers.withLock { (numbers) throws(SystemError) in
      var numbered = report
      numbered.id = (numbers.last ?? 0) + 1
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      guard let data = try? encoder.encode(File(report: numbered)) else {
        throw SystemError("encode", directory.path(of: Self.name(numbered.id)), code: 22)
      }
      try AtomicFile.write(Array(data), to: Self.name(numbered.id), in: directory)
      numbers.append(numbered.id)
      while numbers.count > Self.capacity { try directory.remove(Self.name(numbers.removeFirst())) }
      return numbered
    }
  }

  /// The reports that there are.
  ///
  /// - Parameter limit: At most so many.
  /// - Returns: Newest first; a damaged one is left out.
  /// - Throws: The system's error.
  public func list(limit: Int = capacity) throws(SystemError) -> [CrashReport] {
    let known = numbers.withLock { $0 }
    var reports: [CrashReport] = []
    for number in known.reversed() where reports.count < limit {
      if let report = try report(number) { reports.append(report) }
    }
    return reports
  }

  /// One report by its number, or `nil` when there is none, or it is damaged.
  ///
  /// - Throws: The system's error.
  public func report(_ number: Int) throws(SystemError) -> CrashReport? {
    guard numbers.withLock({ $0.contains(number) }),
      let bytes = try AtomicFile.read(Self.name(number), in: directory, limit: Self.largest),
      let file = try? JSONDecoder().decode(File.self, from: Data(bytes)), file.format == 1
    else { return nil }
    return file.report
  }

  /// How many there are.
  public var count: Int { numbers.withLock { $0.count } }
}
