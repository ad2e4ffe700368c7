import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

/// What is checked is what is mapped, whoever writes meanwhile.
@Suite("Trust while files change")
struct StagingTrustTests {
  private let fixture = Fixture()
  private let kit = SigningKit()

  private func policy() throws -> TrustPolicy {
    var settings = TrustSettings()
    settings.keys = [try kit.key("release")]
    settings.requireSignatures = true
    return try TrustPolicy(settings)
  }

  /// A stager of a host's, with something that happens once a file is copied.
  private func stager(
    _ gate: TrustGate, meanwhile: @escaping @Sendable () -> Void = {}
  ) throws -> Stager {
    Stager(
      state: try fixture.state(),
      approval: { (image) throws(StagingError) in try gate.approve(image, sidecar: nil) },
      inspection: { (_, subject) throws(StagingError) in
        try gate.checkOwner(subject)
        meanwhile()
        return LoadFacts()
      })
  }

  private func swap(_ path: String) {
    try? Fixtures.write([6, 6, 6], to: "\(path).evil")
    unsafe rename("\(path).evil", path)
  }

  @Test("A file that is replaced between the check and the copy is refused")
  func replacedBefore() throws {
    let path = fixture.directory.file("a.so")
    try Fixtures.write([1, 2, 3], to: path)
    let policy = try policy()
    try kit.sign(["a.so"], in: fixture.directory.path, by: "release")
    let stager = try stager(TrustGate(policy))
    let request = StagingRequest(path: path, label: "a", generation: 1)
    #expect(try stager.stage(request).trust == .signed(by: "release"))
    swap(path)
    let error = #expect(throws: StagingError.self) { try stager.stage(request) }
    #expect(
      error?.description
        == "\(path): is not trusted: the signature \(path).sig is not of a.so by release;"
        + " install the files that were signed, or sign these; see 'dovetail help trust'")
  }

  @Test("A file that is replaced after the copy changes nothing: the copy is checked and mapped")
  func replacedAfter() throws {
    let path = fixture.directory.file("a.so")
    try Fixtures.write([1, 2, 3], to: path)
    let policy = try policy()
    try kit.sign(["a.so"], in: fixture.directory.path, by: "release")
    let stager = try stager(TrustGate(policy)) { self.swap(path) }
    let staged = try stager.stage(StagingRequest(path: path, label: "a", generation: 1))
    #expect(staged.trust == .signed(by: "release"))
    #expect(try Fixtures.read(staged.path) == [1, 2, 3])
    #expect(try Fixtures.read(path) == [6, 6, 6])
  }

  @Test("A file that others could write to while it was open is refused, whatever it is now")
  func modeAtOpening() throws {
    let path = fixture.directory.file("a.so")
    try Fixtures.write([1], to: path)
    unsafe chmod(path, 0o666)
    let gate = TrustGate(try TrustPolicy(TrustSettings()))
    let error = #expect(throws: StagingError.self) {
      try stager(gate).stage(StagingRequest(path: path, label: "a", generation: 1))
    }
    #expect(
      error?.description
        == "\(path): is not trusted: everybody can write to \(path); chmod o-w \(path)")
  }

  @Test("Nothing of a refused plugin stays staged")
  func nothingLeft() throws {
    let path = fixture.directory.file("a.so")
    try Fixtures.write([1], to: path)
    let state = try fixture.state()
    let gate = TrustGate(try policy())
    let stager = Stager(
      state: state,
      approval: { (image) throws(StagingError) in try gate.approve(image, sidecar: nil) },
      inspection: { (_, _) throws(StagingError) in LoadFacts() })
    #expect(throws: StagingError.self) {
      try stager.stage(StagingRequest(path: path, label: "a", generation: 1))
    }
    #expect(try state.staging.names() == [])
  }
}
