import Glibc
import HostSupport
import PluginHost

/// A listening socket and its file, which is removed again as long as it is still this one's.
final class SocketFile: Sendable {
  private let path: String
  private let socket: FileDescriptor
  private let device: dev_t
  private let inode: ino_t

  /// The listening descriptor. Borrowed.
  var descriptor: Int32 { socket.raw }

  init(_ path: String) throws(OperationError) {
    self.path = path
    try SocketFile.prepareFolder(of: path)
    try SocketFile.clearStale(path)
    var status = stat()
    do {
      socket = try LocalSocket.listen(path)
      guard unsafe stat(path, &status) == 0 else { throw SystemError("stat", path) }
    } catch {
      throw OperationError(
        .failed, "cannot listen for commands: \(error)",
        advice: "choose another place with --socket PATH")
    }
    device = status.st_dev
    inode = status.st_ino
  }

  /// Makes the `accept` that waits return, and every later one fail.
  func endAccept() {
    shutdown(socket.raw, Int32(SHUT_RDWR))
  }

  /// Removes the file, unless somebody else's is there now.
  func remove() {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
      return
    }
    unsafe unlink(path)
  }

  private static func prepareFolder(of path: String) throws(OperationError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    _ = unsafe mkdir(folder, 0o700)
    var status = stat()
    guard unsafe stat(folder, &status) == 0 else {
      let error = SystemError("mkdir", folder)
      throw OperationError(
        .failed, "the control socket's directory cannot be made: \(error)",
        advice: "make it, or choose another place with --socket PATH")
    }
    let open = status.st_mode & 0o022 != 0 && status.st_mode & 0o1000 == 0
    guard !open, status.st_uid == geteuid() || status.st_uid == 0 else {
      throw OperationError(
        .refused, "others can write to \(folder), so they could replace the control socket in it",
        advice: "chmod 700 \(folder)")
    }
  }

  private static func clearStale(_ path: String) throws(OperationError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw OperationError(
        .refused, "\(path) is there and is no socket", advice: "choose another --socket PATH")
    }
    do {
      _ = try LocalSocket.connect(path)
    } catch {
      // Nobody listens: a host that was killed left it behind.
      unsafe unlink(path)
      return
    }
    throw OperationError(
      .exists, "a host serves \(path) already", advice: "stop it, or choose another --name")
  }
}
