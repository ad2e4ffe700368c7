import Glibc

/// Waits that belong to what is measured.
enum Pause {
  /// Lets traffic flow for a while. The corresponding C function is `nanosleep`.
  static func milliseconds(_ count: Int) {
    var time = timespec(tv_sec: count / 1000, tv_nsec: count % 1000 * 1_000_000)
    unsafe nanosleep(&time, nil)
  }
}
