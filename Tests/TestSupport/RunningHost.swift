import FoundationEssentials
import Glibc
public import HostSupport
import Synchronization

/// A real `dovetail run` with a plugin folder and a state directory of its own.
///
/// It may be started again after its end, on the same folders. Threading: any thread.
public final class RunningHost: Sendable {
  /// What a command line printed, and its exit status.
  public struct Reply: Sendable {
    /// Exit status of the command.
    public let status: Int32
    /// Standard output (of a command that failed: standard error), where it is JSON.
    public let json: JSON?
    /// Standard output.
    public let output: String
    /// Standard error.
    public let errors: String
  }

  /// A host that did not become ready.
  public struct NotReady: Error, CustomStringConvertible {
    /// How it ended, `nil` when it still ran at the deadline.
    public let ending: ChildProcess.Ending?
    /// Its log.
    public let log: String
    /// The whole in prose.
    public var description: String {
      "the host was not ready: \(ending.map { "\($0)" } ?? "still running")\n\(log)"
    }
  }

  /// The plugin folder.
  public let plugins: String
  /// The state directory.
  public let state: String
  private let directory = TemporaryDirectory()
  private let configuration: String
  private let flags: [String]
  private let environment: [String: String]
  private let process = Mutex<ChildProcess?>(nil)

  /// Prepares a host; `start` runs it.
  ///
  /// - Parameters:
  ///   - configuration: Text of its `dovetail.json`.
  ///   - flags: Further flags of `dovetail run`.
  ///   - plugins: Its plugin folder; by default one of its own.
  ///   - state: Its state directory; by default one of its own.
  ///   - environment: Further variables of its environment.
  /// - Throws: The system's error when the folders cannot be made.
  public init(
    configuration: String = "{}", flags: [String] = [], plugins: String? = nil,
    state: String? = nil, environment: [String: String] = [:]
  ) throws {
    self.plugins = plugins ?? directory.file("plugins")
    self.state = state ?? directory.file("state")
    self.configuration = directory.file("dovetail.json")
    self.flags = flags
    self.environment = environment
    try FileManager.default.createDirectory(
      atPath: self.plugins, withIntermediateDirectories: true)
    try Data(configuration.utf8).write(to: URL(filePath: self.configuration))
  }

  /// The built program: it lies beside the running tests.
  public static var program: String {
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/dovetail"
  }

  // MARK: Life

  /// Starts the host without waiting for it.
  @discardableResult
  public func launch(
    notifying socket: String? = nil, blockingSignals: Bool = false
  ) throws -> ChildProcess {
    var environment = environment.merging(["HOME": directory.path]) { given, _ in given }
    environment["NOTIFY_SOCKET"] = socket
    let child = try ChildProcess(
      [
        Self.program, "run", "--config", configuration, "--plugins", plugins, "--state", state,
        "--log-format", "json",
      ] + flags, environment: environment, blocksSignals: blockingSignals)
    process.withLock { $0 = child }
    return child
  }

  /// Starts the host and waits until it tells its service manager that it is ready.
  ///
  /// - Throws: `NotReady` with its log.
  public func start(milliseconds: Int = 30_000, blockingSignals: Bool = false) throws {
    let notifications = try NotificationListener(directory.file("notify"))
    let child = try launch(notifying: notifications.path, blockingSignals: blockingSignals)
    let ready = Condition.wait(milliseconds: milliseconds) { () -> Bool? in
      if notifications.receive().contains("READY=1") { return true }
      return child.poll() == nil ? nil : false
    }
    guard ready == true else { throw NotReady(ending: child.poll(), log: child.errors) }
  }

  /// Has the host read another text of its `dovetail.json`.
  public func configure(_ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: configuration))
    child?.signal(SIGHUP)
  }

  /// Asks the host to stop and waits for its end.
  @discardableResult
  public func stop(milliseconds: Int = 10_000) -> ChildProcess.Ending? {
    child?.signal(SIGTERM)
    return waitForEnd(milliseconds: milliseconds)
  }

  /// Waits until the host has ended by itself.
  public func waitForEnd(milliseconds: Int = 10_000) -> ChildProcess.Ending? {
    child?.wait(milliseconds: milliseconds)
  }

  /// Whether the host's process is there.
  public var isRunning: Bool { child.map { $0.poll() == nil } ?? false }

  /// Process id of the host; 0 before the first start.
  public var pid: Int32 { child?.pid ?? 0 }

  /// What the host logged since its last start, a JSON object a line; lines of plugins may be among them.
  public var log: String { child?.errors ?? "" }

  private var child: ChildProcess? { process.withLock { $0 } }

  // MARK: Asking

  /// Runs a command against the host, with `--json`.
  public func ask(_ words: String...) throws -> Reply { try ask(words) }

  /// Runs a command against the host, with `--json`.
  public func ask(_ words: [String]) throws -> Reply {
    let child = try ChildProcess(
      [Self.program] + words + ["--json", "--state", state], environment: ["HOME": directory.path])
    let status: Int32 =
      switch child.wait(milliseconds: 60_000) {
      case .exited(let status): status
      case .killed(let signal): 128 + signal
      case nil: -1
      }
    let (output, errors) = (child.output, child.errors)
    let text = status == 0 ? output : errors
    return Reply(
      status: status, json: try? JSON(parsing: Array(text.utf8)), output: output, errors: errors)
  }

  /// States of all plugins, by id.
  public func states() throws -> [String: String] {
    let plugins = try ask("list").json?.array ?? []
    return Dictionary(
      plugins.map { ($0["id"]?.string ?? "?", $0["state"]?.string ?? "?") },
      uniquingKeysWith: { $1 })
  }

  /// One plugin in full, as `info` tells it.
  public func info(_ id: String) throws -> JSON? { try ask("info", id).json }

  /// Why a plugin is in its state: the chain in prose.
  public func why(_ id: String) throws -> String {
    (try ask("why", id).json?["chain"]?.array ?? []).compactMap(\.string).joined(separator: "; ")
  }

  /// Calls a service.
  ///
  /// - Returns: The reply as text; `nil` when the call failed.
  public func call(_ service: String, _ data: String = "") throws -> String? {
    try ask("call", service, "--data", data).json?["data"]?.string
  }
}
