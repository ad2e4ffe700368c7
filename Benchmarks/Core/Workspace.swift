import Glibc
import HostSupport

/// Where the benchmarks keep what they make: plugins once for all runs, state directories anew for each.
struct Workspace {
  /// `.build/bench`.
  let path: String
  /// Where `dovetail`, `bench-empty` and this program were built.
  let products: String

  init() throws {
    let own = CommandLine.arguments[0]
    guard let slash = own.lastIndex(of: "/") else {
      throw BenchmarkError(description: "run it by its path")
    }
    products = String(own[..<slash])
    path = Environment["BENCH_WORK"] ?? ".build/bench"
  }

  /// A program beside this one.
  func program(_ name: String) -> String { "\(products)/\(name)" }

  /// Makes an empty folder, in place of what was there.
  func fresh(_ name: String) throws -> String {
    let work = try Directory(path)
    try work.removeTree(name)
    try work.makeDirectory(name)
    return "\(path)/\(name)"
  }
}
