import Glibc

/// Waits a little, then longer: for control operations that watch other threads come to an end.
public struct Backoff: Sendable {
  private var microseconds: Int = 20

  /// Starts with the shortest pause.
  public init() {}

  /// Pauses 20 µs the first time, doubling to at most 1 ms. The corresponding C function is `nanosleep`.
  public mutating func wait() {
    var time = timespec(tv_sec: 0, tv_nsec: microseconds * 1000)
    unsafe nanosleep(&time, nil)
    microseconds = min(microseconds * 2, 1000)
  }
}
