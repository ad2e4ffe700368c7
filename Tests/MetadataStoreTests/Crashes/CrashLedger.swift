import MetadataStore

@testable import metadata_crash_writer

/// What a store may hold after a crash of `metadata-crash-writer`, from the lines that it wrote.
///
/// Each thread writes keys of its own, so that its records are judged by its own steps: they are as after one of its steps, which is
/// not before the last that was acknowledged as safe, and not after the last that was begun.
struct CrashLedger {
  private struct Step {
    let writes: [MetadataWrite]
    var isDone = false
    var isRefused = false
    var durability = Durability.memory
  }

  private struct Writer {
    var script: CrashScript
    var steps: [Step] = []
  }

  /// The records of a thread by key.
  typealias Records = [String: MetadataValue]

  private let seed: UInt64
  private let start: Records
  private var writers: [Int: Writer] = [:]
  private var rest = ""
  /// Whether the store was open, and so its folder there.
  private(set) var isOpen = false
  /// Whether the writer closed its store.
  private(set) var isClosed = false
  /// Refusals and errors, in the order in which they came.
  private(set) var refusals: [String] = []
  /// How many transactions were acknowledged.
  private(set) var acknowledged = 0

  /// A ledger for a writer with a seed.
  ///
  /// - Parameters:
  ///   - seed: The writer's.
  ///   - start: The records that were there before it ran.
  init(seed: UInt64, start: Records = [:]) {
    self.seed = seed
    self.start = start
  }

  /// Takes in what the writer wrote next.
  mutating func add(_ output: String) {
    rest += output
    while let end = rest.firstIndex(of: "\n") {
      let words = rest[..<end].split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      rest = String(rest[rest.index(after: end)...])
      take(words.map(String.init))
    }
  }

  private mutating func take(_ words: [String]) {
    switch words[0] {
    case "open": isOpen = true
    case "closed": isClosed = true
    case "error": refusals.append(words.dropFirst().joined(separator: " "))
    default:
      guard words.count > 2, let thread = Int(words[1]), let step = Int(words[2]) else { return }
      take(words[0], thread, step, words.count > 3 ? words[3] : "")
    }
  }

  private mutating func take(_ word: String, _ thread: Int, _ step: Int, _ text: String) {
    var writer = writers[thread] ?? Writer(script: CrashScript(seed: seed, thread: thread))
    switch word {
    case "begin": writer.steps.append(Step(writes: writer.script.next(step: step)))
    case "done":
      writer.steps[step - 1].isDone = true
      writer.steps[step - 1].durability = text == "disk" ? .disk : text == "os" ? .os : .memory
      acknowledged += 1
    default:
      writer.steps[step - 1].isRefused = true
      if !text.isEmpty { refusals.append(text) }
    }
    writers[thread] = writer
  }

  /// Judges what a store holds.
  ///
  /// - Parameters:
  ///   - records: All records of the collection by key.
  ///   - durability: What survives: `os` after the writer's death, `disk` after a power failure.
  /// - Returns: What is wrong; `nil` when nothing is.
  func fault(in records: Records, surviving durability: Durability) -> String? {
    var found: [Int: Records] = [:]
    for (key, value) in records {
      guard let slash = key.firstIndex(of: "/"), let thread = Int(key[..<slash]) else {
        return "\(key) was never written"
      }
      found[thread, default: [:]][key] = value
    }
    for thread in Set(found.keys).union(writers.keys).sorted() {
      if let fault = fault(of: thread, found[thread] ?? [:], durability) { return fault }
    }
    return nil
  }

  private func fault(of thread: Int, _ found: Records, _ durability: Durability) -> String? {
    var state = start.filter { $0.key.hasPrefix("\(thread)/") }
    let steps = writers[thread]?.steps ?? []
    let safe = steps.lastIndex { $0.isDone && $0.durability >= durability } ?? -1
    var candidates = safe < 0 ? [state] : []
    for (index, step) in steps.enumerated() {
      let after = Self.applying(step.writes, to: state)
      if step.isDone || !step.isRefused {
        state = after
        if index >= safe { candidates.append(state) }
      } else if index > safe, steps[(index + 1)...].allSatisfy({ !$0.isDone }) {
        // Refused, and nothing was acknowledged since: it may be there, but only whole.
        candidates.append(after)
      }
    }
    guard !candidates.contains(found) else { return nil }
    let expected = candidates.map { Self.text($0) }.joined(separator: " or ")
    return "thread \(thread) has \(Self.text(found)), expected \(expected) "
      + "(safe: \(safe + 1), begun: \(steps.count))"
  }

  private static func applying(_ writes: [MetadataWrite], to start: Records) -> Records {
    var state = start
    for write in writes {
      if case .put(let value) = write.action {
        state[write.key] = value.value
      } else {
        state[write.key] = nil
      }
    }
    return state
  }

  private static func text(_ records: Records) -> String {
    let parts = records.sorted { $0.key < $1.key }.map { key, value in
      guard case .map(let members) = value, case .int(let step)? = members["step"] else {
        return "\(key)=?"
      }
      return "\(key)=\(step)"
    }
    return "[\(parts.joined(separator: " "))]"
  }
}
