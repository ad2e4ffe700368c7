import Glibc
import HostSupport

/// Tells the service manager how the process is, when it asked for it: systemd's `sd_notify` protocol, one datagram a message.
public struct ServiceNotifier: Sendable {
  private let socket: String?

  /// Takes the address from `NOTIFY_SOCKET`; without it nothing is ever sent.
  public init(environment: [String: String]) {
    socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The process serves.
  public func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

  /// The process reads its configuration anew; `ready` follows.
  public func reloading() {
    // Type=notify-reload wants the moment, so that it can tell this reload from an earlier one.
    send("RELOADING=1\nMONOTONIC_USEC=\(Deadline.now() / 1000)")
  }

  /// The process is ending.
  public func stopping() { send("STOPPING=1") }

  /// Sends one datagram; a manager that is gone is no reason to fail.
  private func send(_ message: String) {
    guard let socket, let (address, size) = ServiceNotifier.address(socket) else { return }
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = FileDescriptor(owning: Glibc.socket(AF_UNIX, kind, 0))
    guard descriptor.raw >= 0 else { return }
    let bytes = Array(message.utf8)
    _ = unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe sendto(
          descriptor.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, size)
      }
    }
  }

  /// A leading "@" stands for the NUL byte of an abstract address.
  private static func address(_ path: String) -> (sockaddr_un, socklen_t)? {
    var bytes = Array(path.utf8)
    let isAbstract = bytes.first == UInt8(ascii: "@")
    guard isAbstract || bytes.first == UInt8(ascii: "/") else { return nil }
    if isAbstract { bytes[0] = 0 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1)
    return (address, socklen_t(length))
  }
}
