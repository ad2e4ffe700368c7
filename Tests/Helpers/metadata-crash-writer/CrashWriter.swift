import Glibc
import HostSupport
import MetadataStore

/// Writes transactions of seeded scripts and says so: a line before each of them and one when it is acknowledged or refused.
struct CrashWriter: Sendable {
  let seed: UInt64
  /// Transactions of each thread; 0 for no end.
  let steps: Int
  let threads: Int

  func run(_ store: MetadataStore, _ close: () throws -> Void) throws {
    say("open\n")
    let others = try (1..<threads).map { thread in
      try Thread(name: "writer-\(thread)") { self.write(store, thread) }
    }
    write(store, 0)
    for other in others { other.join() }
    try close()
    say("closed\n")
  }

  private func write(_ store: MetadataStore, _ thread: Int) {
    var script = CrashScript(seed: seed, thread: thread)
    var step = 0
    while steps == 0 || step < steps {
      step += 1
      let writes = script.next(step: step)
      say("begin \(thread) \(step)\n")
      do throws(MetadataError) {
        let receipts = try store.transaction(writes)
        say("done \(thread) \(step) \(receipts[0].durability)\n")
      } catch .notFound {
        // A removal of what is not there: a step that changes nothing.
        say("failed \(thread) \(step) \n")
      } catch {
        say("failed \(thread) \(step) \(error)\n")
      }
    }
  }

  private func say(_ line: String) {
    _ = unsafe Glibc.write(1, line, line.utf8.count)
  }
}
