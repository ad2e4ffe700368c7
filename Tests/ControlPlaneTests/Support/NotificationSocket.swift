import Glibc
import HostSupport

/// The service manager's side of `NOTIFY_SOCKET`.
final class NotificationSocket: Sendable {
  let address: String
  private let socket: FileDescriptor

  /// Binds a path, or an abstract address that begins with "@".
  init(_ address: String) {
    self.address = address
    socket = FileDescriptor(
      owning: Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(address.utf8)
    let isAbstract = bytes.first == UInt8(ascii: "@")
    if isAbstract { bytes[0] = 0 }
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let size = MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1)
    let code = unsafe withUnsafePointer(to: name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(socket.raw, $0, socklen_t(size))
      }
    }
    precondition(code == 0, "bind \(address): \(SystemError("bind").reason)")
  }

  /// The next datagram that is there already; empty when there is none.
  func receive() -> String {
    var room = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe recv(socket.raw, &room, room.count, Int32(MSG_DONTWAIT))
    return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
  }
}
