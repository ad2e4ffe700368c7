import HostSupport

/// Nanoseconds that only go up.
enum Clock {
  static func now() -> UInt64 { Deadline.now() }
}
