public import ControlPlane
import HostSupport
public import PluginHost

extension Host: HostRunner {
  /// `name` of the configuration.
  public var name: String { configuration.name }
  /// What a service manager shows of it.
  public var statusLine: String {
    "serving \(name)" + (isInSafeMode.map { " in safe mode (\($0))" } ?? "")
  }
  /// `shutdownDeadline` of the configuration.
  public var shutdownMilliseconds: Int { configuration.shutdownDeadline }
}

/// The host's modules as the command line uses them.
let backend = Backend(
  makeHost: { options, log throws(OperationError) in
    let read: @Sendable () throws(OperationError) -> HostConfiguration = {
      () throws(OperationError) in
      try readConfiguration(options)
    }
    let configuration = try read()
    log.level = LogLevel(rawValue: configuration.log.level.rawValue) ?? log.level
    log.format = LogFormat(rawValue: configuration.log.format.rawValue) ?? log.format
    return try Host(
      configuration: configuration, log: log, supervision: options.supervision,
      startsSafely: options.safeMode, reread: read)
  },
  configure: { options throws(OperationError) in try readConfiguration(options) },
  inspect: { path, trust throws(OperationError) in
    try FileInspector(path: path, trust: trust).report()
  })

/// The configuration of a run: file, then environment, then flags.
private func readConfiguration(_ options: RunOptions) throws(OperationError) -> HostConfiguration {
  var loader = ConfigurationLoader()
  do throws(SystemError) {
    if let file = options.configurationFile { try loader.add(fileAt: file) }
  } catch {
    throw OperationError(.invalid, "the configuration cannot be read: \(error)")
  }
  do throws(ConfigurationError) {
    loader.add(environment: environment)
    loader.add(flags: flags(options))
    return try loader.load()
  } catch {
    throw OperationError(.invalid, "\(error)")
  }
}

private func flags(_ options: RunOptions) -> [String: JSON] {
  var flags: [String: JSON] = [:]
  if let name = options.name { flags["name"] = .string(name) }
  if let state = options.stateDirectory { flags["state"] = .string(state) }
  if let folder = options.pluginDirectory { flags["plugins"] = .string(folder) }
  if let watches = options.watches { flags["watch"] = .bool(watches) }
  if options.requiresSignatures { flags["trust.requireSignatures"] = .bool(true) }
  if let mode = options.mode { flags["mode"] = .string(mode) }
  if let seconds = options.probationSeconds { flags["probation.seconds"] = .int(Int64(seconds)) }
  if let level = options.logLevel { flags["log.level"] = .string(level.rawValue) }
  if let format = options.logFormat { flags["log.format"] = .string(format.rawValue) }
  if let milliseconds = options.shutdownMilliseconds {
    flags["shutdownDeadline"] = .int(Int64(milliseconds))
  }
  return flags
}
