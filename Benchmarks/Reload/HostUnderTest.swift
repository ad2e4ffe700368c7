import FoundationEssentials
import Glibc
import HostSupport
import PluginHost

/// A host in this process, on folders of its own that go away with it.
///
/// Threading: one thread.
final class HostUnderTest {
  let folder: String
  let host: Host
  /// Where the built plugins lie.
  let fixtures: String

  /// Starts a host with plugins.
  ///
  /// - Parameters:
  ///   - plugins: The plugins to start with, by the name of their file in the plugin folder.
  ///   - change: Changes the configuration.
  /// - Throws: What the host or the file system throws.
  init(_ plugins: [String: String], _ change: (inout HostConfiguration) -> Void = { _ in }) throws {
    fixtures = try Fixtures.folder()
    folder = "\(FileManager.default.temporaryDirectory.path)/dvt-reload-\(getpid())"
    try FileManager.default.createDirectory(
      atPath: "\(folder)/plugins", withIntermediateDirectories: true)
    var configuration = HostConfiguration()
    configuration.plugins = "\(folder)/plugins"
    configuration.state = "\(folder)/state"
    configuration.probation.seconds = 0
    configuration.metadata.provider = .memory
    change(&configuration)
    // Builds fail on purpose here; what the host says of it belongs to whoever looks closer.
    let isLogged = Environment.all["DOVETAIL_BENCH_LOG"] != nil
    let nowhere = unsafe Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)
    let log = LogWriter(descriptor: isLogged ? 2 : nowhere, level: isLogged ? .trace : .error)
    host = try Host(configuration: configuration, log: log)
    for (name, fixture) in plugins { try install(fixture, as: name) }
    try host.start()
  }

  /// Puts a built plugin into the plugin folder, in place of what is there.
  func install(_ fixture: String, as name: String) throws {
    let source = try [UInt8](Data(contentsOf: URL(filePath: "\(fixtures)/\(fixture).so")))
    let target = "\(folder)/plugins/.\(name).new"
    try Data(source).write(to: URL(filePath: target))
    guard unsafe rename(target, "\(folder)/plugins/\(name).so") == 0 else {
      throw SystemError("rename", target)
    }
  }

  /// Installs a build and reloads the plugin.
  ///
  /// - Returns: What was reported; `nil` when a build that is to fail was refused.
  @discardableResult
  func reload(_ id: String, with fixture: String) throws -> OperationReport? {
    try install(fixture, as: id)
    let report: OperationReport
    do throws(OperationError) {
      report = try host.reload(id, dryRun: false, deadline: .after(milliseconds: 60_000))
    } catch {
      guard fixture.contains("fails") else { throw error }
      return nil
    }
    guard report.changes.first?.action == "reloaded" else {
      throw BenchmarkError("\(id) was not reloaded but \(report.changes.first?.action ?? "?")")
    }
    return report
  }

  /// Calls a service.
  ///
  /// - Returns: The reply, as 64-bit numbers.
  @discardableResult
  func call(_ service: String) throws -> [UInt64] {
    let reply = try host.call(
      service: service, payload: Payload(), deadline: .after(milliseconds: 30_000))
    return stride(from: 0, to: reply.bytes.count - 7, by: 8).map { offset in
      reply.bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  /// Stops the host and removes its folders.
  func end() {
    try? host.shutDown(deadline: .after(milliseconds: 30_000))
    try? FileManager.default.removeItem(atPath: folder)
  }
}

/// A run that could not be carried out.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
