import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import MetadataStore
@testable import metadata_crash_writer

@Suite struct CrashTests {
  @Test(
    "Promise 11: killed at any moment, a store has every acknowledged transaction, whole",
    arguments: 1...8 as ClosedRange<UInt64>)
  func killing(seed: UInt64) throws {
    let folder = TemporaryDirectory()
    let path = folder.file("store")
    var random = SystemRandom(seed: seed)
    var expected: [String: Int] = [:]
    var revision: UInt64 = 0
    var steps = 0
    for round in 1...16 as ClosedRange<UInt64> {
      let script = seed * 1000 + round
      let writer = try Writer(path, seed: script)
      let acknowledged = try writer.kill(
        afterMicroseconds: random.next(60_000), fromFirstStep: round % 2 == 0)
      let store = try MetadataStore(FileProvider(path: path))
      let found = contents(of: store)
      // The last step may have been done without its acknowledgement having been read.
      let candidates = (0...1).map { apply(script, steps: acknowledged + $0, to: expected) }
      #expect(
        candidates.contains(found), "seed \(seed), round \(round), step \(acknowledged)")
      #expect(store.snapshot.revision >= revision)
      #expect(!store.loadReport.notes.contains { $0.contains("damaged") })
      expected = found
      revision = store.snapshot.revision
      steps += acknowledged
      try store.close()
    }
    #expect(steps > 0, "no writer came as far as a write")
  }

  func contents(of store: MetadataStore) -> [String: Int] {
    var steps: [String: Int] = [:]
    for record in store.snapshot.list("crash") { steps[record.key] = step(record.value) }
    return steps
  }

  func step(_ value: MetadataValue) -> Int? {
    guard case .map(let members) = value, case .int(let step)? = members["step"] else {
      return nil
    }
    return Int(step)
  }

  func apply(_ seed: UInt64, steps: Int, to start: [String: Int]) -> [String: Int] {
    var script = CrashScript(seed: seed)
    var state = start
    guard steps > 0 else { return state }
    for number in 1...steps {
      for write in script.next(step: number) {
        if case .put(let value) = write.action {
          state[write.key] = step(value.value)
        } else {
          state[write.key] = nil
        }
      }
    }
    return state
  }
}

/// A seeded source of delays.
struct SystemRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next(_ bound: UInt64) -> UInt32 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt32(truncatingIfNeeded: (state >> 33) % bound)
  }
}

/// A running `metadata-crash-writer`, whose acknowledgements go to a file.
struct Writer: ~Copyable {
  private let pid: pid_t
  private let output: String

  init(_ folder: String, seed: UInt64) throws {
    output = "\(folder).acknowledged-\(seed)"
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
    let program = try Self.program()
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [
      strdup(program), strdup(folder), strdup(String(seed)), nil,
    ]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, program, &actions, nil, &arguments, environ)
    guard code == 0 else { throw SystemError("posix_spawn", program, code: code) }
    pid = child
  }

  /// The helper, which is built beside the test's own program.
  private static func program() throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return FileLayout.parent(own) + "/metadata-crash-writer"
  }

  /// Lets the writer work for a while and kills it.
  ///
  /// - Parameters:
  ///   - delay: Microseconds; the moment is the point of the test, so this is a sleep.
  ///   - fromFirstStep: Whether the delay begins with the first acknowledgement, else with the process.
  /// - Returns: The last step that it acknowledged, 0 for none.
  /// - Throws: When the acknowledgements cannot be read.
  consuming func kill(afterMicroseconds delay: UInt32, fromFirstStep: Bool) throws -> Int {
    let deadline = Deadline.after(milliseconds: 20_000)
    var status = stat()
    while fromFirstStep, unsafe stat(output, &status) != 0 || status.st_size == 0 {
      try #require(!deadline.hasPassed, "the writer acknowledged nothing within 20 s")
      usleep(500)
    }
    usleep(delay)
    Glibc.kill(pid, SIGKILL)
    var ending: Int32 = 0
    unsafe waitpid(pid, &ending, 0)
    let text = try Data(contentsOf: URL(filePath: output))
    let lines = text.split(separator: UInt8(ascii: "\n"))
    return lines.last.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
  }
}
