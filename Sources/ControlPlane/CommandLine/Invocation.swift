import FoundationEssentials
import Glibc
public import HostSupport
public import PluginHost

/// A command with the arguments that it was given, and what every command needs to do its work.
public struct Invocation: Sendable {
  /// The command.
  public let command: Command
  /// Its arguments.
  public let arguments: ParsedArguments
  /// Where its host is.
  public let location: HostLocation
  /// Whether JSON is wanted.
  public let json: Bool
  /// How people's text is painted.
  public let style: Style
  /// All commands, for `help` and `completions`.
  public let commands: [Command]
  /// The environment that the command was started with.
  public let environment: [String: String]
  private let timeout: Int?

  init(
    _ command: Command, _ arguments: ParsedArguments, commands: [Command],
    environment: [String: String]
  ) throws(CommandFailure) {
    self.command = command
    self.arguments = arguments
    self.commands = commands
    self.environment = environment
    json = arguments.values["json"] != nil
    style = Style(
      colored: arguments.values["no-color"] == nil && isatty(1) == 1
        && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb")
    func last(_ name: String) -> String? { arguments.values[name]?.last }
    location = try HostLocation(
      name: last("name"), state: last("state"), socket: last("socket"), environment: environment,
      workingDirectory: FileManager.default.currentDirectoryPath)
    timeout = try Invocation.integer(last("timeout"), "timeout", 1...600_000)
  }

  /// Whether a flag was given.
  public func has(_ name: String) -> Bool { arguments.values[name] != nil }

  /// The last value of a flag.
  public func value(_ name: String) -> String? { arguments.values[name]?.last }

  /// All values of a flag.
  public func values(_ name: String) -> [String] { arguments.values[name] ?? [] }

  /// The last value of a flag as an integer; a usage failure names the range when it is none.
  public func integer(_ name: String, _ range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
    try Invocation.integer(value(name), name, range)
  }

  /// An argument that the command requires; an optional one is empty when it is missing.
  public func operand(_ index: Int) -> String {
    arguments.operands.indices.contains(index) ? arguments.operands[index] : ""
  }

  /// A path made absolute, because the host has another working directory; anything without a slash stays as it is.
  public func absoluteIfPath(_ text: String) -> String {
    guard text.contains("/"), !text.hasPrefix("/") else { return text }
    let steps = text.split(separator: "/").filter { $0 != "." }
    return "\(FileManager.default.currentDirectoryPath)/\(steps.joined(separator: "/"))"
  }

  /// How long to wait for the host, in milliseconds: `--timeout`, or else the command's own default.
  public func milliseconds(default value: Int = 10_000) -> Int { timeout ?? value }

  /// Connects to the host.
  public func connect() throws(CommandFailure) -> ControlClient {
    do {
      return try ControlClient(socket: location.socket)
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Asks the host once.
  public func request<Result: Decodable>(
    _ method: String, _ parameters: [String: JSON] = [:]
  ) throws(CommandFailure) -> Result {
    let client = try connect()
    do {
      return try client.request(method, parameters, milliseconds: milliseconds())
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Asks the host for an operation that may take long: the host keeps the deadline itself and says what it waited for.
  public func operate<Result: Decodable>(
    _ method: String, _ parameters: [String: JSON], default value: Int = 60_000
  ) throws(CommandFailure) -> Result {
    let limit = milliseconds(default: value)
    let client = try connect()
    let all = parameters.merging(["timeoutMs": .int(Int64(limit))]) { $1 }
    do {
      return try client.request(method, all, milliseconds: limit + 2_000)
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Looks at the file that the first argument names, without a host but as one with the same configuration would.
  public func inspect(_ backend: Backend) throws(CommandFailure) -> InspectReport {
    var options = RunOptions()
    options.configurationFile = RunArguments.configurationFile(self)
    do {
      return try backend.inspect(operand(0), backend.trust(options))
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Prints a result: its JSON, or text for people, which must end with a newline.
  public func show(_ report: some Encodable, _ text: (Style) -> String) {
    Output.print(json ? Invocation.encoded(report) : text(style))
  }

  static func encoded(_ report: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    guard let data = try? encoder.encode(report) else { return "null\n" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private static func integer(
    _ text: String?, _ name: String, _ range: ClosedRange<Int>
  ) throws(CommandFailure) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .usage(
        "--\(name) must be an integer from \(range.lowerBound) to \(range.upperBound), not \"\(text)\""
      )
    }
    return number
  }
}
