import Glibc

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
      unsafe clock_gettime(clock, &time) == 0, let bytes = worker.privateBytes
    else { return nil }
    self.bytes = bytes
    processorTime = UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
