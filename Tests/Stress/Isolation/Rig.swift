import FoundationEssentials
import Glibc
import HostSupport
import TestSupport

/// A host with a healthy witness in its process, and something beside it that is not.
///
/// Threading: one thread.
struct Rig {
  let host: RunningHost

  /// - Parameter configuration: The text of its `dovetail.json`.
  /// - Throws: What the compiler printed, or the system's error.
  init(configuration: String) throws {
    host = try RunningHost(configuration: configuration)
    try add("witness", ["\(Self.root)/Tests/ZooTests/Fixtures/witness.c"])
  }

  private static let root = Program.repositoryRoot

  /// A source in the folder of this program's fixtures.
  static func fixture(_ name: String) -> String {
    "\(root)/Tests/Stress/Isolation/Fixtures/\(name)"
  }

  /// Builds a plugin from C sources and flags and puts it into the folder.
  func add(_ id: String, _ sources: [String], permissions: String = "{}") throws {
    let manifest =
      #"{"id": "\#(id)", "version": "1.0.0", "abi": "1.0", "permissions": \#(permissions)}"#
    let escaped = manifest.replacing("\"", with: "\\\"").replacing("\n", with: " ")
    let literal = "\"\(escaped)\""
    let built = Program.run(
      [
        "/usr/bin/env", "cc", "-shared", "-fPIC", "-O1", "-DMANIFEST=\(literal)",
        "-I\(Self.root)/PluginSDK/CDovetail/include", "-I\(Self.root)/Sources/CIsolation/include",
        "-I\(Self.root)/Tests/Helpers/CSpecimen/include", "-o", "\(host.plugins)/\(id).so",
      ] + sources)
    guard built.status == 0 else { throw RigFailure(description: built.output) }
  }

  /// A connection to the host's control socket.
  func connect() throws -> SocketClient { try SocketClient("\(host.state)/control.sock") }

  /// Calls the witness.
  ///
  /// - Returns: Milliseconds until it answered; `nil` when it did not.
  func witness(_ client: SocketClient) throws -> Int? {
    let began = Deadline.now()
    let answer = try client.ask("services.call", #"{"service": "witness.ticks"}"#)
    guard answer["result"] != nil else { return nil }
    return Int((Deadline.now() - began) / 1_000_000)
  }

  /// Calls a service without data.
  ///
  /// - Returns: The reply as text; `nil` when the call failed.
  func call(_ service: String, _ client: SocketClient) throws -> String? {
    try client.ask("services.call", #"{"service": "\#(service)"}"#)["result"]?["data"]?.string
  }

  /// Loads a plugin again when its workers ended too often or in its start.
  func keepGoing(_ id: String, _ client: SocketClient) throws {
    let info = try client.ask("plugins.info", #"{"id": "\#(id)"}"#)["result"]
    guard let state = info?["state"]?.string, state != "active" else { return }
    if state == "quarantined" { _ = try client.ask("quarantine.clear", #"{"target": "\#(id)"}"#) }
    _ = try client.ask("plugins.load", #"{"target": "\#(id)"}"#)
  }

  // MARK: What it holds

  /// What the host's process holds now.
  var figures: Figures {
    let words = text("/proc/\(host.pid)/statm").split(separator: " ")
    return Figures(
      memory: words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0,
      descriptors: entries("/proc/\(host.pid)/fd"), threads: entries("/proc/\(host.pid)/task"))
  }

  private func entries(_ folder: String) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
  }

  /// What of it grew by more than workers that come and go need.
  func growth(from early: Figures, to late: Figures) -> [String] {
    var problems: [String] = []
    if late.memory > early.memory + 32 << 10 || late.descriptors > early.descriptors + 60
      || late.threads > early.threads + 60
    {
      problems.append("the host grew from \(early) to \(late)")
    }
    return problems
  }

  /// Stops the host, which must end in order and leave no worker.
  func end(_ problems: inout [String]) {
    let ending = host.stop(milliseconds: 20_000)
    if ending == .exited(0) { return }
    problems.append("the host ended so: \(ending.map { "\($0)" } ?? "not"): \(lastWords)")
  }

  private func text(_ path: String) -> String {
    guard let file = try? FileDescriptor.open(path, O_RDONLY),
      let bytes = try? file.read(4096, at: 0)
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The end of its log.
  var lastWords: String { String(host.log.suffix(2_000)) }
}

/// A run that cannot be made.
struct RigFailure: Error, CustomStringConvertible {
  let description: String
}
