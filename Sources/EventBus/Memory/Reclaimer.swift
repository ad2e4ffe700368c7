import CHostSupport
import Glibc
import Synchronization

/// Frees memory that publishers may still be reading, once every epoch that could see it has ended.
///
/// Nobody waits for it: garbage is looked at after each control operation and by the bus's janitor.
@safe final class Reclaimer: Sendable {
  static let shared = Reclaimer()

  @safe private struct Garbage: @unchecked Sendable {
    // Safe: the block has been unlinked; the reclaimer is its only owner.
    let block: UnsafeMutableRawPointer?
    let keepAlive: AnyObject?
    let epoch: UInt64
  }

  private let garbage = Mutex<[Garbage]>([])

  /// Frees `block` with `free`, and lets go of `keepAlive`, at a `collect` when the present epoch is over. Not here: the
  /// caller may hold a lock, and what is let go may be foreign.
  func free(_ block: UnsafeMutableRawPointer, keeping keepAlive: AnyObject? = nil) {
    let epoch = hs_epoch_advance()
    let item = unsafe Garbage(block: block, keepAlive: keepAlive, epoch: epoch)
    garbage.withLock { $0.append(item) }
  }

  /// Lets go of an object at a `collect` when the present epoch is over.
  func release(_ object: AnyObject) {
    let item = unsafe Garbage(block: nil, keepAlive: object, epoch: hs_epoch_advance())
    garbage.withLock { $0.append(item) }
  }

  /// Frees what can be freed now. Call it under no lock.
  func collect() {
    let freed = garbage.withLock { garbage -> [Garbage] in
      guard !garbage.isEmpty else { return [] }
      let oldest = hs_oldest_epoch()
      let freed = garbage.filter { $0.epoch < oldest }
      garbage.removeAll { $0.epoch < oldest }
      return freed
    }
    for item in freed { unsafe Glibc.free(item.block) }
  }

  /// Blocks that wait for an epoch to end.
  var pending: Int { garbage.withLock { $0.count } }

  /// Runs `body` while nothing is freed: what slots point at stays readable.
  func holding<Result>(_ body: () -> sending Result) -> sending Result {
    garbage.withLock { _ in body() }
  }
}
