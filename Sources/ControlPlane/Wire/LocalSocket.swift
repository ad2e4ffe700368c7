import Glibc
import HostSupport

/// Unix stream sockets by path.
enum LocalSocket {
  /// Makes a socket that listens on a path; its file is 0600 from its first moment.
  static func listen(_ path: String) throws(SystemError) -> FileDescriptor {
    let socket = try open()
    // Before `bind`, so that nobody can connect in between.
    fchmod(socket.raw, 0o600)
    try withAddress(of: path) { address throws(SystemError) in
      let code = unsafe call(address) { unsafe bind(socket.raw, $0, $1) }
      if code != 0 { throw SystemError("bind", path) }
    }
    guard unsafe chmod(path, 0o600) == 0 else { throw SystemError("chmod", path) }
    guard Glibc.listen(socket.raw, 64) == 0 else { throw SystemError("listen", path) }
    return socket
  }

  /// Connects to a listening socket; a listener that accepts nobody for 5 s is an error too.
  static func connect(_ path: String) throws(SystemError) -> FileDescriptor {
    let socket = try open()
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(socket.raw, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    try withAddress(of: path) { address throws(SystemError) in
      let code = unsafe call(address) { unsafe Glibc.connect(socket.raw, $0, $1) }
      if code != 0 { throw SystemError("connect", path) }
    }
    return socket
  }

  private static func open() throws(SystemError) -> FileDescriptor {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let raw = socket(AF_UNIX, kind, 0)
    guard raw >= 0 else { throw SystemError("socket") }
    return FileDescriptor(owning: raw)
  }

  private static func call(
    _ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// The address of a path; one over 107 bytes is reached through an open descriptor of its directory.
  private static func withAddress(
    of path: String, _ body: (sockaddr_un) throws(SystemError) -> Void
  ) throws(SystemError) {
    if let address = address(path) { return try body(address) }
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let folder = try FileDescriptor.open(String(path[..<slash]), O_RDONLY | O_DIRECTORY)
    let short = "/proc/self/fd/\(folder.raw)/\(path[slash...].dropFirst())"
    guard let address = address(short) else { throw SystemError("bind", path, code: ENAMETOOLONG) }
    try body(address)
  }

  private static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard bytes.count < room.count else { return false }
      unsafe room.copyBytes(from: bytes)
      return true
    }
    return fits ? address : nil
  }
}
