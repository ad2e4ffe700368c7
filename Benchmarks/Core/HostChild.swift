import HostSupport
import PluginHost

/// A host as a library, in this process.
enum HostChild {
  /// Makes a host as benchmarks want it: nothing forced to the disk on either side, no probation.
  static func make(
    plugins: String, state: String, log: LogWriter = LogWriter(),
    _ change: (inout HostConfiguration) -> Void = { _ in }
  ) throws -> Host {
    var configuration = HostConfiguration()
    configuration.plugins = plugins
    configuration.state = state
    configuration.journalFsync = false
    configuration.metadata.provider = .memory
    configuration.probation.seconds = 0
    change(&configuration)
    return try Host(configuration: configuration, log: log)
  }

  /// Starts all plugins of a folder and prints the nanoseconds from the call until all were active. Does not end them:
  /// see `StartBenchmarks`.
  static func start(plugins: String, state: String) throws {
    let host = try make(plugins: plugins, state: state)
    let began = Deadline.now()
    try host.start()
    let took = Deadline.now() - began
    let active = try host.list().filter { $0.state == "active" }.count
    guard active == PluginFolder.count else {
      throw BenchmarkError(
        description: "only \(active) of \(PluginFolder.count) plugins became active")
    }
    print(took)
  }
}
