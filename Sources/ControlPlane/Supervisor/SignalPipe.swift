import Glibc
import HostSupport

/// Signals as bytes of a pipe, so that one `poll` waits for them and for all else.
struct SignalPipe {
  private let readEnd: Int32

  /// Takes signals over from now on.
  init(_ signals: [Int32]) throws(SystemError) {
    readEnd = try SignalWaiter.pipe(of: signals)
  }

  /// Waits until a signal came, another descriptor can be read, or a moment has come.
  ///
  /// - Parameters:
  ///   - other: Another descriptor; `nil` for none.
  ///   - deadline: When to go on in any case.
  /// - Returns: The signals that came, in order.
  func wait(with other: Int32? = nil, until deadline: Deadline) -> [Int32] {
    var waiting = [pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)]
    if let other { waiting.append(pollfd(fd: other, events: Int16(POLLIN), revents: 0)) }
    let left = deadline.remaining.map { Int32(clamping: ($0 + 999_999) / 1_000_000) } ?? -1
    let count = unsafe poll(&waiting, nfds_t(waiting.count), left)
    guard count > 0, waiting[0].revents != 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: 64)
    let got = unsafe read(readEnd, &bytes, bytes.count)
    return bytes.prefix(max(0, got)).map { Int32($0) }
  }
}
