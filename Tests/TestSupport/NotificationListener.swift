import Glibc
import HostSupport

/// The service manager's side of `NOTIFY_SOCKET`.
final class NotificationListener: Sendable {
  let path: String
  private let socket: FileDescriptor

  /// Binds a path, which is removed first.
  init(_ path: String) throws {
    self.path = path
    _ = unsafe unlink(path)
    socket = FileDescriptor(
      owning: Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let code = unsafe withUnsafePointer(to: name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else { throw SystemError("bind", path) }
  }

  /// The next datagram that is there already; empty when there is none.
  func receive() -> String {
    var room = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe recv(socket.raw, &room, room.count, Int32(MSG_DONTWAIT))
    return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
  }
}
