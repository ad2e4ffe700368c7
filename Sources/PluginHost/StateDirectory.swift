import FoundationEssentials
import Glibc
public import HostSupport

/// The directory of one host's own files, locked for as long as the value lives.
///
/// ```
/// lock              the pid of the host that has it; locked with flock
/// staging/          the copies of plugins that are mapped
/// journal           see Supervision/JOURNAL.md
/// quarantine/       builds that are not tried again
/// crashes/          what is known of crashes; see Supervision/CRASHES.md
/// known-good/       the last build of each plugin that proved itself
/// good-run/         the builds of the last run that went well
/// safe-mode.json    deaths that nobody is to blame for, and what followed from them
/// starting          there while a host is not ready yet
/// cache/  store/    the registry cache; the metadata of the `file` provider
/// events/           recorded events; see EventStore/FORMAT.md
/// control.sock      where the command line asks
/// ```
///
/// Threading: every method may be called from any thread.
public final class StateDirectory: Sendable {
  /// Its absolute path with all links resolved.
  public let path: String
  /// The directory itself.
  let root: Directory
  /// Where plugins are staged.
  let staging: Directory
  private let lock: FileDescriptor

  /// Makes the directory where it is missing, checks it, locks it, and moves what an earlier host staged aside.
  ///
  /// - Parameter path: Its path; missing parents are made, for their owner only.
  /// - Returns: The directory, locked.
  /// - Throws: Why it cannot be used; nothing in it was changed then, but directories may have been made.
  public static func open(_ path: String) throws(StateDirectoryError) -> StateDirectory {
    do throws(SystemError) {
      try makePath(path)
    } catch {
      throw .system(path: path, error)
    }
    let resolved = unsafe realpath(path, nil)
    defer { unsafe free(resolved) }
    guard let resolved = unsafe resolved else {
      throw .system(path: path, SystemError("realpath", path))
    }
    return try StateDirectory(absolute: unsafe String(cString: resolved))
  }

  private init(absolute path: String) throws(StateDirectoryError) {
    try StateDirectory.checkSocketPath(of: path)
    do throws(SystemError) {
      root = try Directory(path)
    } catch {
      throw .system(path: path, error)
    }
    self.path = path
    try StateDirectory.check(root)
    lock = try StateDirectory.takeLock(in: root)
    do throws(SystemError) {
      try StateDirectory.moveStagedAside(in: root)
      for name in [
        "staging", "quarantine", "known-good", "good-run", "previous", "cache", "store", "crashes",
      ] {
        try root.makeDirectory(name)
      }
      staging = try root.directory("staging")
    } catch {
      throw .system(path: path, error)
    }
  }

  /// The path of the control socket.
  public var controlSocketPath: String { root.path(of: "control.sock") }

  /// The path of a file or directory in the state directory.
  public func path(of name: String) -> String { root.path(of: name) }

  /// Opens one of its directories, such as `cache`.
  ///
  /// - Throws: The system's error.
  public func directory(_ name: String) throws(SystemError) -> Directory {
    try root.directory(name)
  }

  /// Removes what earlier hosts staged. It may take a while: call it when the start is over.
  ///
  /// - Throws: The system's first error; the rest is removed nevertheless.
  public func sweep() throws(SystemError) {
    var failure: SystemError?
    for name in try root.names() where name.hasPrefix("stale-") {
      do throws(SystemError) {
        try root.removeTree(name)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  /// Where the state of a host lies when nobody says: `$XDG_STATE_HOME/dovetail/NAME`.
  ///
  /// - Parameters:
  ///   - name: The host's name, such as `default`.
  ///   - environment: The process's environment.
  /// - Returns: The path, or `nil` when neither `XDG_STATE_HOME` nor `HOME` is an absolute path.
  public static func defaultPath(name: String, environment: [String: String]) -> String? {
    if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") {
      return "\(base)/dovetail/\(name)"
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return "\(home)/.local/state/dovetail/\(name)"
  }
}

extension StateDirectory {
  private static func makePath(_ path: String) throws(SystemError) {
    let end = path.lastIndex { $0 != "/" } ?? path.startIndex
    let slash = path[..<end].lastIndex(of: "/")
    let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    if unsafe mkdir(path, 0o700) != 0 {
      if errno == EEXIST { return }
      guard errno == ENOENT, slash != nil, parent != "/" else { throw SystemError("mkdir", path) }
      try makePath(parent)
      if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", path) }
    }
    // What is kept in a directory is on the disk when the directory's name is.
    try Directory(parent).sync()
  }

  private static func checkSocketPath(of path: String) throws(StateDirectoryError) {
    let length = path.utf8.count + "/control.sock".utf8.count
    guard length <= 107 else { throw .socketPathTooLong(path: path, length: length) }
  }

  private static func check(_ root: borrowing Directory) throws(StateDirectoryError) {
    var status = stat()
    var mount = statvfs()
    let raw = root.descriptor.raw
    guard unsafe fstat(raw, &status) == 0, unsafe fstatvfs(raw, &mount) == 0 else {
      throw .system(path: root.path, SystemError("fstatvfs", root.path))
    }
    guard status.st_uid == geteuid() else {
      throw .foreign(path: root.path, owner: status.st_uid)
    }
    try checkMount(flags: UInt64(mount.f_flag), path: root.path)
    if status.st_mode & 0o077 != 0, fchmod(raw, 0o700) != 0 {
      throw .system(path: root.path, SystemError("fchmod", root.path))
    }
  }

  /// Refuses a mount that code cannot be mapped from.
  ///
  /// - Parameters:
  ///   - flags: `f_flag` of `fstatvfs`.
  ///   - path: For the message.
  /// - Throws: `noExecute`.
  static func checkMount(flags: UInt64, path: String) throws(StateDirectoryError) {
    let noExecute: UInt64 = 8  // ST_NOEXEC, which Glibc's module does not show
    guard flags & noExecute == 0 else { throw .noExecute(path: path) }
  }

  private static func takeLock(
    in root: borrowing Directory
  ) throws(StateDirectoryError) -> FileDescriptor {
    do throws(SystemError) {
      let file = try root.open("lock", O_RDWR | O_CREAT | O_NOFOLLOW)
      // A child that this process is just starting has the lock of a directory it let go of, until it runs its program.
      let patience = Deadline.after(milliseconds: 1_000)
      while flock(file.raw, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK else { throw SystemError("flock", root.path(of: "lock")) }
        let holder = String(decoding: try file.read(32, at: 0), as: UTF8.self)
        guard holder == "\(getpid())\n", !patience.hasPassed else {
          throw SystemError("flock", holder, code: EWOULDBLOCK)
        }
        _ = poll(nil, 0, 5)
      }
      let pid = Array("\(getpid())\n".utf8)
      try file.write(pid)
      // Last, so that the file keeps its block: to free it and to find another one takes longer than all the rest here.
      if ftruncate(file.raw, off_t(pid.count)) != 0 {
        throw SystemError("ftruncate", root.path(of: "lock"))
      }
      return file
    } catch  where error.code == EWOULDBLOCK {
      let pid = Int32(error.subject.prefix { $0.isNumber }) ?? 0
      throw .inUse(
        path: root.path, pid: pid, alive: pid > 0 && (kill(pid, 0) == 0 || errno == EPERM))
    } catch {
      throw .system(path: root.path, error)
    }
  }

  private static func moveStagedAside(in root: borrowing Directory) throws(SystemError) {
    let staged: [String]
    do throws(SystemError) {
      staged = try root.directory("staging").names()
    } catch  where error.code == ENOENT {
      return
    }
    guard !staged.isEmpty else { return }
    let taken = Set(try root.names())
    var number = 1
    while taken.contains("stale-\(number)") { number += 1 }
    try root.rename("staging", to: "stale-\(number)")
  }
}
