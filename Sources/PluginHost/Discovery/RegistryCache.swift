import CHostSupport
import Glibc
public import HostSupport
import Synchronization

/// What earlier scans found, for listing and ordering only: what is loaded is always verified by its hash.
///
/// The file (0600, in the state directory) has a version and a CRC; a damaged one is dropped and written anew.
/// Threading: may be used from any thread; a scan holds no lock while it reads files.
public final class RegistryCache: Sendable {
  /// The file's path.
  public let path: String
  private let state = Mutex(State())

  private struct State {
    var isRead = false
    var image: RegistryImage?
  }

  /// A cache in a file, which is read when it is first needed.
  public init(path: String) {
    self.path = path
  }

  /// What is known now; read from the file the first time.
  func image() -> RegistryImage? {
    if let known = state.withLock({ $0.isRead ? Optional($0.image) : nil }) { return known }
    let read = Self.read(path)
    return state.withLock { state in
      if !state.isRead {
        state.isRead = true
        state.image = read
      }
      return state.image
    }
  }

  private static func read(_ path: String) -> RegistryImage? {
    guard let file = try? FileDescriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) else {
      return nil
    }
    var status = stat()
    guard unsafe fstat(file.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size > 0, status.st_size <= RegistryImage.largestSize
    else { return nil }
    return (try? file.read(Int(status.st_size), at: 0)).flatMap { RegistryImage($0) }
  }

  /// Keeps these records, in memory and in the file; others are forgotten.
  ///
  /// - Parameters:
  ///   - records: Sorted by name.
  ///   - hashes: SHA-256 of files by name, beside those that the records have already.
  /// - Throws: The system's error; the cache in memory is kept then too.
  func store(_ records: [PluginRecord], hashes: [String: [UInt8]] = [:]) throws(SystemError) {
    let bytes = RegistryWriter(records, hashes).bytes()
    let image = RegistryImage(bytes)
    state.withLock { state in
      state.isRead = true
      state.image = image
    }
    try Self.write(bytes, path)
  }

  /// Remembers the hashes of files that were staged.
  ///
  /// - Parameters:
  ///   - hashes: SHA-256 of 32 bytes each, by file name.
  ///   - result: The scan that the files came from; what changed since is not remembered wrongly, as the identity differs.
  /// - Throws: The system's error when the file cannot be written.
  public func remember(
    hashes: [String: [UInt8]], of result: ScanResult
  ) throws(SystemError) {
    try store(result.cacheable, hashes: hashes)
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws(SystemError) {
    let temporary = "\(path).\(getpid()).tmp"
    _ = unsafe unlink(temporary)
    let file = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    do throws(SystemError) {
      try file.write(bytes)
      guard unsafe rename(temporary, path) == 0 else { throw SystemError("rename", path) }
    } catch {
      _ = unsafe unlink(temporary)
      throw error
    }
  }
}
