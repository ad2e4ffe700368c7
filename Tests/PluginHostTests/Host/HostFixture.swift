import FoundationEssentials
import Glibc
import HostSupport
import TestSupport

@testable import PluginHost

/// A host in this process, with a plugin folder and a state directory of its own.
final class HostFixture {
  let directory = TemporaryDirectory()
  let host: Host
  private let logFile: FileDescriptor
  private let settings: HostConfigurationBox
  private var isDown = false

  /// What a reread of the configuration gives.
  final class HostConfigurationBox: Sendable {
    private let value: Monitor<HostConfiguration>
    init(_ configuration: HostConfiguration) { value = Monitor(configuration) }
    var current: HostConfiguration {
      get { value.withLock { $0 } }
      set { value.update { $0 = newValue } }
    }
  }

  init(
    _ plugins: [ProbePlugin] = [], builtins: [BuiltinPlugin] = [], start: Bool = true,
    canLog: Bool = true, startsSafely: String? = nil,
    configure: (inout HostConfiguration) -> Void = { _ in }
  ) throws {
    for name in ["plugins", "elsewhere"] {
      try FileManager.default.createDirectory(
        atPath: directory.file(name), withIntermediateDirectories: true)
    }
    var configuration = HostConfiguration()
    configuration.plugins = directory.file("plugins")
    configuration.state = directory.file("state")
    configuration.metadata.provider = .memory
    configuration.journalFsync = false
    configuration.lifecycleDeadline = 5_000
    configuration.drainDeadline = 2_000
    configuration.probation.seconds = 0
    configure(&configuration)
    settings = HostConfigurationBox(configuration)
    let descriptor = unsafe open(
      directory.file("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    logFile = FileDescriptor(owning: descriptor)
    let box = settings
    host = try Host(
      configuration: configuration, builtins: builtins,
      log: LogWriter(
        descriptor: canLog ? descriptor : -1, format: .text, level: .trace, color: false),
      startsSafely: startsSafely
    ) { () throws(OperationError) in box.current }
    for plugin in plugins { try put(plugin) }
    if start { try host.start() }
  }

  deinit { try? end() }

  /// Stops the host, once.
  func end() throws {
    guard !isDown else { return }
    isDown = true
    try host.shutDown(deadline: .after(milliseconds: 20_000))
  }

  /// Changes what SIGHUP would read.
  func reconfigure(_ change: (inout HostConfiguration) -> Void) throws {
    var next = settings.current
    change(&next)
    settings.current = next
    try host.reloadConfiguration()
    _ = try host.plan()  // the control thread has come so far
  }

  /// Compiles a plugin into the plugin folder, or another one.
  @discardableResult
  func put(_ plugin: ProbePlugin, in folder: String = "plugins") throws -> String {
    let include = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let built = try FixtureCompiler(folder: directory.path).compile(
      "\(plugin.id).so", plugin.source(trace: directory.file("trace")),
      flags: [
        "-I/\(include)/PluginSDK/CDovetail/include", "-Wno-unused-function", "-Wl,--build-id=none",
      ])
    let path = directory.file("\(folder)/\(plugin.id).so")
    unsafe rename(built, path)
    return path
  }

  /// Replaces a plugin's file and reloads it.
  @discardableResult
  func replace(_ plugin: ProbePlugin) throws -> OperationReport {
    try put(plugin)
    return try host.reload(plugin.id, dryRun: false, deadline: .after(milliseconds: 20_000))
  }

  /// The lines that plugins left so far.
  var trace: [String] { lines(of: "trace") }
  /// The host's log.
  var log: [String] { lines(of: "log") }

  func clearTrace() { _ = unsafe unlink(directory.file("trace")) }

  private func lines(of name: String) -> [String] { Self.lines(of: directory.file(name)) }

  static func lines(of path: String) -> [String] {
    let bytes = (try? Data(contentsOf: URL(filePath: path))) ?? Data()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The trace's lines of one plugin, without its id.
  func trace(of id: String) -> [String] {
    trace.filter { $0.hasPrefix("\(id) ") }.map { String($0.dropFirst(id.utf8.count + 1)) }
  }

  /// Waits for a condition.
  func wait(seconds: Int = 10, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Deadline.after(milliseconds: seconds * 1000)
    while try !condition() {
      if deadline.hasPassed { return false }
      usleep(2_000)
    }
    return true
  }

  func state(_ id: String) -> String { host.table[id].map { $0.state.name } ?? "unknown" }

  func publish(_ type: String, _ text: String = "") throws {
    _ = try host.publish(
      type: type, payload: Payload(Array(text.utf8), contentType: "text/plain"), subject: nil)
  }

  func call(_ service: String, _ text: String = "", milliseconds: Int = 10_000) throws -> String {
    let reply = try host.call(
      service: service, payload: Payload(Array(text.utf8), contentType: "text/plain"),
      deadline: .after(milliseconds: milliseconds))
    return String(decoding: reply.bytes, as: UTF8.self)
  }

  var events: [String] {
    ((try? host.recentEvents(pattern: ">", limit: 1000)) ?? []).map { event in
      event.subject.map { "\(event.type) \($0)" } ?? event.type
    }
  }
}

extension Deadline {
  static var soon: Deadline { .after(milliseconds: 20_000) }
}

/// Files that tests make as signals to plugins.
enum TestFile {
  static func write(_ path: String) throws {
    try Data().write(to: URL(filePath: path))
  }
}
