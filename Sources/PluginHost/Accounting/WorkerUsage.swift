import Glibc
import HostSupport

/// What the worker process of an isolated plugin uses.
struct WorkerUsage: Sendable, Equatable {
  /// Memory that is its own, in bytes.
  let bytes: Int
  /// Processor time in nanoseconds since it was started.
  let processorTime: UInt64

  /// Asks the system; `nil` when the process has ended.
  init?(of worker: Worker) {
    let pid = worker.pid
    var clock = clockid_t()
    var time = timespec()
    guard pid > 0, !worker.isOver, unsafe clock_getcpuclockid(pid, &clock) == 0,
      unsafe clock_gettime(clock, &time) == 0, let bytes = Self.privateBytes(of: pid)
    else { return nil }
    self.bytes = bytes
    processorTime = UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// Bytes of memory that are a process's own, from `/proc/PID/statm`; `nil` when the system does not say.
  private static func privateBytes(of pid: Int32) -> Int? {
    guard let file = try? FileDescriptor.open("/proc/\(pid)/statm", O_RDONLY),
      let bytes = try? file.read(256, at: 0)
    else { return nil }
    let pages = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    return pages.count > 2 ? (pages[1] - pages[2]) * Int(getpagesize()) : nil
  }
}
