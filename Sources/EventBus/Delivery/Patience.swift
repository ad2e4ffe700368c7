import CHostSupport
import Glibc

/// How long a thread stays awake when what it waits for is about to come: to be woken takes some 50 µs.
enum Patience {
  /// How often it looks, with a rest before each; about 10 µs in all. Never where the other thread cannot run meanwhile.
  static let looks = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 64 : 0

  /// How many rests let a busy publisher queue a dozen events; about 8 µs.
  static let rests = looks == 0 ? 0 : 24

  /// Leaves the processor's other hardware thread and the memory alone for a moment.
  static func rest() { for _ in 0..<8 { hs_pause() } }
}
