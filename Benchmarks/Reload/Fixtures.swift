/// The plugins that the figures load, built from source by `Fixtures/build.sh`.
enum Fixtures {
  /// Builds what is out of date.
  ///
  /// - Returns: The folder that holds them.
  static func folder() throws -> String {
    let script = "\(root)/Benchmarks/Reload/Fixtures/build.sh"
    let folder = "\(root)/.build/bench-reload"
    let status = Child.run("bash", ["bash", script, folder])
    guard status == 0 else { throw BenchmarkError("\(script) failed with status \(status)") }
    return folder
  }

  private static var root: String {
    #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
  }
}
