import Glibc
public import HostSupport

/// A client of the control socket that sends any bytes it likes, one connection.
public final class SocketClient: Sendable {
  private let socket: FileDescriptor

  /// Connects to a socket's path.
  ///
  /// - Throws: The system's error.
  public init(_ path: String) throws {
    socket = FileDescriptor(owning: Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &name.sun_path) {
      unsafe $0.copyBytes(from: Array(path.utf8))
    }
    let code = unsafe withUnsafePointer(to: name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else { throw SystemError("connect", path) }
  }

  /// Sends bytes as they are; what the host no longer takes is dropped.
  public func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = unsafe Array(rest).withUnsafeBytes { buffer in
        unsafe Glibc.send(socket.raw, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }

  /// The next line, `nil` when the host ended the connection or said nothing for 10 s.
  public func line() -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.last != UInt8(ascii: "\n") {
      var wait = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&wait, 1, 10_000) == 1, unsafe recv(socket.raw, &byte, 1, 0) == 1 else {
        return nil
      }
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Calls a method of the control protocol.
  ///
  /// - Parameters:
  ///   - method: Such as `plugins.reload`.
  ///   - parameters: A JSON object.
  /// - Returns: The whole answer.
  /// - Throws: `JSONError` when the answer is not JSON.
  public func ask(_ method: String, _ parameters: String = "{}") throws -> JSON {
    let request = #"{"jsonrpc": "2.0", "id": 1, "method": "\#(method)", "params": \#(parameters)}"#
    send(Array("\(request)\n".utf8))
    return try JSON(parsing: Array((line() ?? #"{"error": "no answer"}"#).utf8))
  }
}
