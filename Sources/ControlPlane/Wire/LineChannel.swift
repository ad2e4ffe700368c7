import Glibc
import HostSupport
import Synchronization

/// Lines in both directions over a socket, bounded in size and time.
///
/// Threading: one thread reads; any thread writes, one line at a time.
final class LineChannel: Sendable {
  /// How reading a line ended.
  enum Line: Equatable {
    /// A line without its newline.
    case line([UInt8])
    /// The other side has nothing more to say, or is gone.
    case end
    /// The deadline passed; `partial` tells whether a line had begun.
    case late(partial: Bool)
    /// The line has more bytes than it may have.
    case tooLong
  }

  let socket: FileDescriptor
  private let limit: Int
  private let pending = Mutex<[UInt8]>([])
  private let writing = Mutex<Bool>(true)

  /// - Parameters:
  ///   - socket: A connected stream socket, taken over.
  ///   - limit: The most bytes that a received line may have.
  init(_ socket: consuming FileDescriptor, limit: Int) {
    self.socket = socket
    self.limit = limit
  }

  func read(until deadline: () -> Deadline) -> Line {
    var searched = 0
    while true {
      if let line = takeLine(&searched) { return line }
      let readable = wait(Int16(POLLIN), until: deadline())
      if readable == 0 { return .late(partial: pending.withLock { !$0.isEmpty }) }
      if readable < 0 || !receive() { return .end }
    }
  }

  /// Writes a whole line, given with its newline.
  ///
  /// - Returns: Whether the other side took it before the deadline; if not, the channel is of no more use.
  func write(_ line: [UInt8], until deadline: Deadline) -> Bool {
    writing.withLock { isOpen in
      guard isOpen else { return false }
      isOpen = send(line, until: deadline)
      return isOpen
    }
  }

  /// Ends reading, and writing too when `both`; a thread that waits in `read` returns `.end`.
  func shutDown(both: Bool) {
    shutdown(socket.raw, Int32(both ? SHUT_RDWR : SHUT_RD))
  }

  private func takeLine(_ searched: inout Int) -> Line? {
    pending.withLock { bytes in
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        guard end <= limit else { return .tooLong }
        let line = Array(bytes[..<end])
        bytes.removeSubrange(...end)
        return .line(line)
      }
      searched = bytes.count
      return bytes.count > limit ? .tooLong : nil
    }
  }

  private func receive() -> Bool {
    var room = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe room.withUnsafeMutableBytes {
      unsafe recv(socket.raw, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
    }
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    pending.withLock { $0.append(contentsOf: room[..<count]) }
    return count > 0
  }

  private func send(_ line: [UInt8], until deadline: Deadline) -> Bool {
    var done = 0
    while done < line.count {
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
      let count = unsafe line.withUnsafeBytes { bytes in
        unsafe Glibc.send(
          socket.raw, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, flags)
      }
      if count >= 0 {
        done += count
      } else if errno == EAGAIN {
        guard wait(Int16(POLLOUT), until: deadline) > 0 else { return false }
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// 1 when the socket is ready, 0 when the deadline passed, negative when it is broken.
  private func wait(_ events: Int16, until deadline: Deadline) -> Int32 {
    while true {
      var entry = pollfd(fd: socket.raw, events: events, revents: 0)
      let left = deadline.remaining.map { Int32(clamping: ($0 + 999_999) / 1_000_000) } ?? -1
      let ready = unsafe poll(&entry, 1, left)
      if ready != -1 || errno != EINTR { return ready }
    }
  }
}
