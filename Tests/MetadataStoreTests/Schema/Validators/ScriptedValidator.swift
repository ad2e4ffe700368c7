import HostSupport
import Synchronization

@testable import MetadataStore

/// A validator that does what a test says.
final class ScriptedValidator: WriteValidator {
  typealias Review = @Sendable ([ProposedWrite], MetadataSnapshot) -> WriteVerdict

  let name: String
  let pattern: CollectionPattern
  let priority: Int32
  let budget: Int
  let isRequired: Bool
  /// What it was shown: `collection/key old → new`.
  let seen = Mutex<[String]>([])
  private let verdict: Review

  init(
    _ name: String, _ pattern: String = ">", priority: Int32 = 0, budget: Int = 10_000,
    isRequired: Bool = false, _ verdict: @escaping Review = { _, _ in .accept }
  ) throws {
    self.name = name
    self.pattern = try CollectionPattern(pattern)
    self.priority = priority
    self.budget = budget
    self.isRequired = isRequired
    self.verdict = verdict
  }

  func review(_ writes: [ProposedWrite], snapshot: MetadataSnapshot) -> WriteVerdict {
    seen.withLock { seen in
      seen += writes.map { write in
        let old = write.old?.value.json.text() ?? "-"
        return "\(write.collection)/\(write.key) \(old) → \(write.new?.json.text() ?? "-")"
      }
    }
    return verdict(writes, snapshot)
  }
}

/// Lets a validator hang until it is opened.
final class Gate: Sendable {
  private let isOpen = Monitor(false)

  func open() { isOpen.update { $0 = true } }

  func pass() { _ = isOpen.wait(until: .never) { $0 ? true : nil } }
}
