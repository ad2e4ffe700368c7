import Glibc
import HostSupport

/// Tells the service manager, or the supervisor of this process, how it is: systemd's `sd_notify` protocol, one datagram a
/// message.
public struct ServiceNotifier: Sendable {
  private enum Receiver: Sendable {
    case nobody
    case manager(socket: String)
    case supervisor(link: Int32)
  }

  private let receiver: Receiver
  /// Milliseconds between two signs of life that the manager wants: half of `WATCHDOG_USEC`; `nil` when it wants none.
  public let watchdogMilliseconds: Int?

  /// Takes the address from `NOTIFY_SOCKET`; without it and a supervisor nothing is ever sent.
  ///
  /// - Parameters:
  ///   - environment: The process's.
  ///   - supervised: Set when a supervisor started the process: then it alone is told.
  public init(environment: [String: String], supervised: SupervisedStart? = nil) {
    if let supervised {
      receiver = .supervisor(link: supervised.link)
      watchdogMilliseconds = supervised.beatMilliseconds
      return
    }
    guard let socket = environment["NOTIFY_SOCKET"], !socket.isEmpty else {
      receiver = .nobody
      watchdogMilliseconds = nil
      return
    }
    receiver = .manager(socket: socket)
    watchdogMilliseconds = Self.watchdog(environment)
  }

  private static func watchdog(_ environment: [String: String]) -> Int? {
    guard let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int($0) }), microseconds > 0,
      environment["WATCHDOG_PID"].map({ $0 == "\(getpid())" }) ?? true
    else { return nil }
    return max(1, microseconds / 2_000)
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

  /// What a person is told of the process.
  public func status(_ text: String) { send("STATUS=\(text)") }

  /// The process makes progress.
  public func alive() { send("WATCHDOG=1") }

  /// The process does not make progress any more.
  func stuck(_ reason: String) {
    switch receiver {
    case .nobody: break
    case .manager: status(reason)
    case .supervisor: send(HostMessage.stuck(reason).text)
    }
  }

  /// Something that only a supervisor wants to know.
  func tellSupervisor(_ message: HostMessage) {
    if case .supervisor = receiver { send(message.text) }
  }

  /// Sends one datagram; a receiver that is gone is no reason to fail.
  func send(_ message: String) {
    switch receiver {
    case .nobody: break
    case .manager(let socket): send(message, to: socket)
    case .supervisor(let link):
      let bytes = Array(message.utf8)
      _ = unsafe Glibc.send(link, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
  }

  private func send(_ message: String, to socket: String) {
    guard let (address, size) = ServiceNotifier.address(socket) else { return }
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = FileDescriptor(owning: Glibc.socket(AF_UNIX, kind, 0))
    guard descriptor.raw >= 0 else { return }
    // A manager that does not read must not hold up the process.
    var patience = timeval(tv_sec: 0, tv_usec: 200_000)
    let length = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(descriptor.raw, SOL_SOCKET, SO_SNDTIMEO, &patience, length)
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
