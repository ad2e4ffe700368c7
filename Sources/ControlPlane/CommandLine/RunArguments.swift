import FoundationEssentials
public import HostSupport
import PluginHost

/// Turns the flags of `dovetail run` into what was asked for.
public enum RunArguments {
  /// The flags.
  public static let options: [Option] = [
    Option("plugins", short: "p", value: "DIR", "the plugin folder", completion: .directories),
    configuration,
    Option("watch", short: "w", "watch the plugin folder"),
    Option("no-watch", "do not watch it, whatever the configuration says"),
    Option(
      "mode", value: "MODE", "directory, builtin or both",
      completion: .words(["directory", "builtin", "both"])),
    Option(
      "log-level", value: "LEVEL", "trace, debug, info, warning or error (default: info)",
      completion: .words(LogLevel.allCases.map(\.rawValue))),
    Option(
      "log-format", value: "FORMAT", "text or json (default: text on a terminal)",
      completion: .words(LogFormat.allCases.map(\.rawValue))),
    Option("supervise", "start the host again when it dies, and abort it when it hangs"),
    Option(
      "safe-mode", value: "LEVEL",
      "start with less: known-good (what ran well) or no-plugins; off: all",
      completion: .words(safeModes)),
    Option("probation", value: "SECONDS", "how long a new build is on probation; 0 turns it off"),
    Option("require-signatures", "load signed plugins only (trust.keys has the keys)"),
    Option("shutdown-timeout", value: "MS", "how long a shutdown may take (default: 30000)"),
  ]

  /// The flag that names the configuration.
  public static let configuration = Option(
    "config", short: "c", value: "FILE",
    "the configuration, JSON5 (default: $DOVETAIL_CONFIG or ./dovetail.json)", completion: .files)

  private static let safeModes = SafeModeLevel.allCases.map(\.rawValue) + ["off"]

  /// What was asked for.
  ///
  /// - Throws: A usage failure that names the flag and its values.
  public static func options(of invocation: Invocation) throws(CommandFailure) -> RunOptions {
    let location = invocation.location
    var options = RunOptions()
    if location.isChosen {
      options.name = location.name
      options.stateDirectory = location.stateDirectory
    }
    if location.hasOwnSocket { options.socket = location.socket }
    options.pluginDirectory = invocation.value("plugins").map(absolute)
    options.configurationFile = configurationFile(invocation)
    if invocation.has("watch"), invocation.has("no-watch") {
      throw .usage("--watch and --no-watch exclude each other")
    }
    options.watches = invocation.has("watch") ? true : invocation.has("no-watch") ? false : nil
    options.requiresSignatures = invocation.has("require-signatures")
    options.mode = try word("mode", ["directory", "builtin", "both"], invocation)
    options.logLevel = try word("log-level", LogLevel.allCases.map(\.rawValue), invocation)
      .flatMap(LogLevel.init)
    options.logFormat = try word("log-format", LogFormat.allCases.map(\.rawValue), invocation)
      .flatMap(LogFormat.init)
    options.safeMode = try word("safe-mode", safeModes, invocation)
    options.probationSeconds = try invocation.integer("probation", 0...3600)
    options.shutdownMilliseconds = try invocation.integer("shutdown-timeout", 1...600_000)
    return options
  }

  /// The log that the process writes, on standard error.
  public static func log(of options: RunOptions) -> LogWriter {
    LogWriter(format: options.logFormat, level: options.logLevel ?? .info)
  }

  /// The file that a flag, the environment or the working directory names, in this order.
  public static func configurationFile(_ invocation: Invocation) -> String? {
    let named = invocation.value("config") ?? invocation.environment["DOVETAIL_CONFIG"]
    if let named, !named.isEmpty { return absolute(named) }
    let usual = absolute("dovetail.json")
    return FileManager.default.fileExists(atPath: usual) ? usual : nil
  }

  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }

  private static func word(
    _ name: String, _ words: [String], _ invocation: Invocation
  ) throws(CommandFailure) -> String? {
    guard let value = invocation.value(name) else { return nil }
    guard words.contains(value) else {
      let near = Spelling.nearest(to: value, in: words).map { "did you mean \($0)?" }
      throw .usage(
        "--\(name) must be \(words.dropLast().joined(separator: ", ")) or \(words.last ?? ""),"
          + " not \"\(Printable.clean(value))\"", advice: near)
    }
    return value
  }
}
