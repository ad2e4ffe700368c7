import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

/// A host that ended where it should not.
struct HostDied: Error {
  let log: String
}

/// One host with a healthy witness, and whatever else a test puts beside it.
struct Zoo {
  let host: RunningHost

  /// Prepares the host and puts the witness in place.
  init(
    configuration: String = "{}", flags: [String] = [], environment: [String: String] = [:]
  ) throws {
    host = try RunningHost(configuration: configuration, flags: flags, environment: environment)
    try place(try Workshop.shared.c("witness", Workshop.manifest("witness")), as: "witness.so")
  }

  /// Builds a creature and puts it into the folder.
  ///
  /// - Parameters:
  ///   - id: Its id, and the name of its file.
  ///   - flags: How it misbehaves.
  ///   - more: Further members of its manifest.
  ///   - version: Its version.
  ///   - source: The source's name.
  /// - Throws: What the compiler printed, or the system's error.
  func add(
    _ id: String, _ flags: [String] = [], _ more: String = "", version: String = "1.0.0",
    source: String = "creature"
  ) throws {
    let manifest = Workshop.manifest(id, more, version: version)
    try place(try Workshop.shared.c(source, manifest, flags), as: "\(id).so")
  }

  /// Copies a file into the plugin folder, in one step.
  func place(_ file: String, as name: String) throws {
    let path = "\(host.plugins)/\(name)"
    let fresh = "\(host.plugins)/.\(name).new"
    try? FileManager.default.removeItem(atPath: fresh)
    try FileManager.default.copyItem(atPath: file, toPath: fresh)
    guard unsafe rename(fresh, path) == 0 else { throw SystemError("rename", path) }
  }

  /// Writes bytes as a file of the plugin folder.
  func write(_ bytes: [UInt8], as name: String) throws {
    try Data(bytes).write(to: URL(filePath: "\(host.plugins)/\(name)"))
  }

  /// Checks that the witness is active, answers, and that its timer goes on.
  func expectWitnessWorks(_ location: SourceLocation = #_sourceLocation) throws {
    let before = try ticks()
    try #require(
      before != nil, "the witness does not answer: \(host.log)", sourceLocation: location)
    let goesOn = try Condition.holds(milliseconds: 5_000) { try (ticks() ?? 0) > (before ?? 0) }
    #expect(goesOn, "the witness has stopped", sourceLocation: location)
  }

  private func ticks() throws -> Int? { try host.call("witness.ticks").flatMap { Int($0) } }

  /// Checks states of plugins, waiting for them to come.
  func expect(
    _ expected: [String: String], _ location: SourceLocation = #_sourceLocation
  ) throws {
    var states: [String: String] = [:]
    let reached = try Condition.holds(milliseconds: 10_000) {
      states = try host.states()
      if !host.isRunning { throw HostDied(log: host.log) }
      return expected.allSatisfy { states[$0.key] == $0.value }
    }
    #expect(reached, "\(states)\n\(host.log)", sourceLocation: location)
  }

  /// What the host says is wrong with itself.
  func degraded() throws -> [String] {
    let answer = try SocketClient("\(host.state)/control.sock").ask("host.info")
    return answer["result"]?["degraded"]?.array?.compactMap(\.string) ?? []
  }

  /// Stops the host and checks that it ends in order.
  func expectCleanEnd(_ location: SourceLocation = #_sourceLocation) {
    let ending = host.stop()
    #expect(ending == .exited(0), "\(host.log)", sourceLocation: location)
  }
}

extension Zoo {
  /// Cause of the first build in the quarantine that the last host wrote; readable without a host.
  func quarantineCause() throws -> String {
    if !host.isRunning { try host.start() }
    defer { host.stop() }
    return try host.ask("quarantine", "list").json?.array?.first?["cause"]?.string ?? ""
  }
}
