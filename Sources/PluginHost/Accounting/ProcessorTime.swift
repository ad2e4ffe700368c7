import CHostSupport
import HostSupport
import Synchronization

/// Who uses the processor: shares of the threads' time, by plugin, found by looking now and then what each thread does.
///
/// A look costs the threads nothing, and the host next to nothing while no thread is inside a plugin. What one of the host's
/// threads has used since it was last seen inside a plugin goes to the plugin that it is seen in now; of a thread of a plugin's
/// own only what it used since the last look. So the shares are right on average: at twenty looks a second to about 10 % of what
/// a plugin uses in five seconds, and anything that takes less than some looks may be missed or counted for another.
///
/// Threading: `look` on one thread, `total` on any.
@safe final class ProcessorTime: Sendable {
  private struct Seen {
    var thread: Int32
    var cpu: UInt64
  }

  private struct State {
    var seen: [UInt32: Seen] = [:]
    var totals: [String: UInt64] = [:]
  }

  /// Threads that are looked at.
  private static let most = 256
  private let state = Mutex(State())
  private let table: PluginTable
  /// Nanoseconds from one look to the next, about.
  private let pause: UInt64

  init(_ table: PluginTable, pauseMilliseconds: Int) {
    self.table = table
    pause = UInt64(pauseMilliseconds) &* 1_000_000
  }

  /// Looks at all threads.
  func look() {
    unsafe withUnsafeTemporaryAllocation(of: hs_sample.self, capacity: Self.most) { samples in
      let count = unsafe hs_sample_threads(samples.baseAddress, UInt32(Self.most))
      for index in 0..<Int(count) { unsafe note(samples[index]) }
    }
  }

  private func note(_ sample: hs_sample) {
    guard let owner = unsafe sample.owner,
      let id = table.id(ofRecord: UInt(bitPattern: owner))
    else { return }
    let (slot, thread, cpu) = unsafe (sample.slot, sample.thread, sample.cpu)
    let isOurs = unsafe sample.ours != 0
    state.withLock { state in
      let last = state.seen[slot]
      let isKnown = last?.thread == thread
      let used = cpu &- (isKnown ? last?.cpu ?? 0 : 0)
      state.seen[slot] = Seen(thread: thread, cpu: cpu)
      state.totals[id, default: 0] += isKnown && isOurs ? used : min(used, pause)
    }
  }

  /// Nanoseconds that a plugin has used on threads of this process.
  func total(of id: String) -> UInt64 { state.withLock { $0.totals[id] ?? 0 } }
}
