import CDovetail

/// How the codes that plugins return are called in messages.
enum CodeName {
  /// The code's name in the C header with its number, such as `DVT_INVALID (2)`; the bare number where it has none.
  static func of(_ code: Int32) -> String { names[code].map { "\($0) (\(code))" } ?? "\(code)" }

  /// The failure of a name in the C header; `nil` when there is none.
  static func code(_ name: String) -> Int32? {
    names.first { $0.value == name && $0.key != DVT_OK }?.key
  }

  /// The names of all failures.
  static var failures: [String] { names.filter { $0.key != DVT_OK }.map(\.value).sorted() }

  /// The code's name alone.
  static func name(_ code: Int32) -> String { names[code] ?? "\(code)" }

  private static let names: [Int32: String] = [
    DVT_OK: "DVT_OK", DVT_FAILED: "DVT_FAILED", DVT_INVALID: "DVT_INVALID",
    DVT_UNSUPPORTED: "DVT_UNSUPPORTED", DVT_NOT_FOUND: "DVT_NOT_FOUND", DVT_EXISTS: "DVT_EXISTS",
    DVT_GONE: "DVT_GONE", DVT_DENIED: "DVT_DENIED", DVT_CONFLICT: "DVT_CONFLICT",
    DVT_FULL: "DVT_FULL", DVT_TIMEOUT: "DVT_TIMEOUT", DVT_WOULD_DEADLOCK: "DVT_WOULD_DEADLOCK",
    DVT_DEPTH: "DVT_DEPTH", DVT_PENDING: "DVT_PENDING", DVT_NOT_COMMITTED: "DVT_NOT_COMMITTED",
    DVT_CRASHED: "DVT_CRASHED", DVT_TOO_LARGE: "DVT_TOO_LARGE",
    DVT_UNAVAILABLE: "DVT_UNAVAILABLE",
  ]
}
