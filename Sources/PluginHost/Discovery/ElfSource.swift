import CHostSupport
import Glibc
import HostSupport

/// The bytes of a file that may be anything, read by `pread` only: a file that shrinks gives an error, not a SIGBUS.
struct ElfSource: ~Copyable {
  /// The file's path, for errors.
  let path: String
  let identity: FileIdentity
  private let descriptor: FileDescriptor
  /// The first 64 KiB: for most plugins, all there is.
  private let head: [UInt8]

  /// Opens a regular file; a FIFO or device is refused without being opened.
  init(path: String) throws(DiscoveryProblem) {
    do throws(SystemError) {
      try self.init(opening: path)
    } catch {
      throw DiscoveryProblem(system: error, path: path)
    }
  }

  private init(opening path: String) throws(SystemError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw SystemError("stat", path) }
    try Self.requireRegular(status.st_mode, path)
    let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    guard unsafe fstat(descriptor.raw, &status) == 0 else { throw SystemError("fstat", path) }
    try Self.requireRegular(status.st_mode, path)
    let identity = FileIdentity(status)
    head = try descriptor.read(min(65_536, Int(identity.size)), at: 0)
    self.path = path
    self.identity = identity
    self.descriptor = descriptor
  }

  var size: UInt64 { identity.size }

  private static func requireRegular(_ mode: mode_t, _ path: String) throws(SystemError) {
    guard mode & S_IFMT == S_IFREG else { throw SystemError("open", path, code: notRegular(mode)) }
  }

  private static func notRegular(_ mode: mode_t) -> Int32 {
    switch mode & S_IFMT {
    case S_IFDIR: EISDIR
    case S_IFIFO: ESPIPE
    case S_IFSOCK: ENOTSOCK
    default: ENODEV
    }
  }

  /// The bytes at an offset; `what` names them in errors, such as "its section headers".
  func bytes(at offset: UInt64, _ count: UInt64, _ what: String) throws(DiscoveryProblem)
    -> ElfBytes
  {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard !overflow, end <= size else {
      throw notAnImage(
        "is truncated: \(what) end beyond its \(size) bytes; copy or build it again")
    }
    if end <= UInt64(head.count) {
      return ElfBytes(storage: head, start: Int(offset), count: Int(count))
    }
    do throws(SystemError) {
      let bytes = try descriptor.read(Int(count), at: Int(offset))
      guard bytes.count == Int(count) else { throw SystemError("pread", path, code: ENODATA) }
      return ElfBytes(storage: bytes, start: 0, count: bytes.count)
    } catch  where error.code == ENODATA {
      throw notAnImage("became shorter while it was read; copy it to a temporary name, then rename")
    } catch {
      throw DiscoveryProblem(system: error, path: path)
    }
  }

  func notAnImage(_ reason: String) -> DiscoveryProblem {
    DiscoveryProblem(path: path, kind: .notAnImage, reason: reason)
  }
}

extension FileIdentity {
  /// The identity of a file whose status the system gave.
  init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
      size: UInt64(max(0, status.st_size)),
      modified: Self.nanoseconds(status.st_mtim), changed: Self.nanoseconds(status.st_ctim))
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

extension DiscoveryProblem {
  /// The problem of a file that the system refuses.
  init(system error: SystemError, path: String) {
    let kinds: [Int32: String] = [
      EISDIR: "a directory", ESPIPE: "a FIFO", ENOTSOCK: "a socket", ENODEV: "a device",
    ]
    if let kind = kinds[error.code], error.call == "open" {
      self.init(
        path: path, kind: .notAFile, reason: "is \(kind), not a regular file; move it elsewhere")
    } else {
      self.init(
        path: path, kind: .unreadable,
        reason:
          "cannot be read (\(error.call): \(error.reason)); check the file and its permissions")
    }
  }
}
