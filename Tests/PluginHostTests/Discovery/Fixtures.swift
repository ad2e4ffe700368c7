import FoundationEssentials
import TestSupport

/// Manifests and files that several suites of this target use.
enum Fixtures {
  /// The smallest manifest, with further members.
  static func manifest(
    _ id: String = "a", _ more: String = "", version: String = "1.0.0"
  ) -> String {
    "{\"id\": \"\(id)\", \"version\": \"\(version)\", \"abi\": \"1.0\""
      + (more.isEmpty ? "}" : ", \(more)}")
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  static func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }
}

/// A small generator of numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
