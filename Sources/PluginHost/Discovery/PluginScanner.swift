import CHostSupport
import Glibc
public import HostSupport

/// Finds the plugins in a folder without running any of their code.
///
/// Files whose names end in `.so` and do not begin with a dot are looked at; symbolic links are followed. One bad file never
/// hides the others: it becomes a problem in the result.
public struct PluginScanner: Sendable {
  /// The plugin folder.
  public let directory: String
  /// Globs (`*`, `?`, `[…]`) of file names to look at; all when empty.
  public let includes: [String]
  /// Globs of file names not to look at; they win over `includes`.
  public let excludes: [String]
  /// What earlier scans found; `nil` to inspect every file.
  public let cache: RegistryCache?
  /// Seconds that the clock is ahead of the system's: tests cannot turn back a file's status change time.
  private var clockOffset: Int64 = 0

  /// A scanner of a folder.
  public init(
    directory: String, includes: [String] = [], excludes: [String] = [],
    cache: RegistryCache? = nil
  ) {
    self.directory = directory
    self.includes = includes
    self.excludes = excludes
    self.cache = cache
  }

  init(directory: String, cache: RegistryCache?, clockOffset: Int64) {
    self.init(directory: directory, cache: cache)
    self.clockOffset = clockOffset
  }

  /// Scans the folder.
  ///
  /// A file that the registry cache knows is not opened. The cache is brought up to date; if its file cannot be written,
  /// only the next scan is slower.
  ///
  /// - Returns: The plugins and the problems, sorted by file name.
  /// - Throws: The system's error when the folder itself cannot be read.
  public func scan() throws(SystemError) -> ScanResult {
    let began = Self.wallClock() &+ clockOffset &* 1_000_000_000
    let listing = try FolderListing(directory)
    let image = cache?.image()
    let known = image?.match(listing) ?? []
    var records: [PluginRecord] = []
    records.reserveCapacity(listing.count)
    var problems: [DiscoveryProblem] = []
    var opened = 0
    for index in 0..<listing.count {
      let entry = listing.entry(index)
      guard listing.isImage(entry), isWanted(entry, listing) else { continue }
      if let image, known[index] >= 0 {
        records.append(
          PluginRecord(
            directory: directory, identity: FileIdentity(entry.identity),
            content: .cached(image, record: Int(known[index]))))
        continue
      }
      do throws(DiscoveryProblem) {
        records.append(try inspect(listing.name(entry), entry, &opened))
      } catch {
        problems.append(error)
      }
    }
    let result = ScanResult(records: records, problems: problems, opened: opened, began: began)
    update(result, image)
    return result
  }

  private func inspect(
    _ name: String, _ entry: hs_dir_entry, _ opened: inout Int
  ) throws(DiscoveryProblem) -> PluginRecord {
    let path = "\(directory)/\(name)"
    if entry.error != 0 {
      throw DiscoveryProblem(system: SystemError("stat", path, code: entry.error), path: path)
    }
    if entry.mode & S_IFMT == S_IFREG { opened += 1 }
    let inspection = try Inspection(path: path)
    return PluginRecord(
      directory: directory, identity: inspection.identity,
      content: .fresh(PluginRecord.Fresh(inspection, name: name)))
  }

  private func isWanted(_ entry: hs_dir_entry, _ listing: borrowing FolderListing) -> Bool {
    if includes.isEmpty, excludes.isEmpty { return true }
    for glob in excludes where listing.matches(entry, glob) { return false }
    if includes.isEmpty { return true }
    for glob in includes where listing.matches(entry, glob) { return true }
    return false
  }

  private func update(_ result: ScanResult, _ image: RegistryImage?) {
    guard let cache else { return }
    let hasNews = result.opened > 0 && !result.cacheable.allSatisfy(\.isCached)
    guard hasNews || image.map({ $0.count != result.cacheable.count }) ?? true else { return }
    try? cache.store(result.cacheable)
  }

  private static func wallClock() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

extension PluginRecord {
  fileprivate var isCached: Bool {
    switch content {
    case .cached: true
    case .fresh: false
    }
  }
}
