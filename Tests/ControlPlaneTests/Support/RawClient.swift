import Glibc
import HostSupport

@testable import ControlPlane

/// A client that sends any bytes it likes.
struct RawClient {
  let channel: LineChannel

  init(_ path: String) throws {
    channel = LineChannel(try LocalSocket.connect(path), limit: 64 << 20)
  }

  func send(_ text: String) {
    _ = channel.write(Array(text.utf8), until: .after(milliseconds: 5_000))
  }

  /// The next line, `nil` when the host ended the connection.
  func line() -> String? {
    let deadline = Deadline.after(milliseconds: 10_000)
    guard case .line(let bytes) = channel.read(until: { deadline }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  func ask(_ text: String) -> String? {
    send(text + "\n")
    return line()
  }
}
