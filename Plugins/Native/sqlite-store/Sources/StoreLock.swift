import Glibc
import PluginSDK

/// Keeps a second host away from a database: `flock` on a file beside it, which holds the pid of who has it.
///
/// Readers of other processes do not take it.
struct StoreLock: ~Copyable {
  private let file: Int32

  /// Takes the lock.
  ///
  /// - Parameter path: The lock's file; made with mode 0600.
  /// - Throws: `unavailable` that names who has it, or `failed` with the system's words.
  init(_ path: String) throws(PluginError) {
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .system("cannot open \(path)") }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      defer { Glibc.close(file) }
      guard code == EWOULDBLOCK else { throw .system("cannot lock \(path)", code) }
      throw PluginError(
        .unavailable,
        "\(path) is locked by \(Self.holder(file)); one host at a time has a store, so stop that one or "
          + "give this one another metadata.options.path")
    }
    self.file = file
    let pid = Array("\(getpid())\n".utf8)
    _ = ftruncate(file, 0)
    _ = unsafe pid.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
  }

  private static func holder(_ file: Int32) -> String {
    let digits = unsafe [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
      unsafe count = max(0, pread(file, buffer.baseAddress, buffer.count, 0))
    }
    let pid = digits.prefix { $0 != UInt8(ascii: "\n") }
    return pid.isEmpty ? "another process" : "the process \(String(decoding: pid, as: UTF8.self))"
  }

  deinit {
    // A child between `fork` and `exec` has the file too, and would keep the lock.
    flock(file, LOCK_UN)
    Glibc.close(file)
  }
}

extension PluginError {
  /// A system call that failed.
  static func system(_ what: String, _ code: Int32 = errno) -> PluginError {
    PluginError(.failed, unsafe "\(what): \(String(cString: strerror(code)))")
  }
}
