import FoundationEssentials
import HostSupport
import TestSupport
import Testing

/// What a host and its workers say to each other, held against what it should be by a program in C, also with a sanitizer in it.
@Suite struct MessageTests {
  private func expectSound(
    _ check: String, rounds: Int, program: String = "\(Program.buildFolder)/isolation-check",
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let seed = Environment["SEED"].flatMap { UInt64($0) } ?? 5
    let child = try ChildProcess([program, check, "\(seed)", "\(rounds)"])
    let ending = child.wait(milliseconds: 120_000)
    #expect(
      ending == .exited(0), "seed \(seed): \(child.output)\(child.errors)",
      sourceLocation: location)
  }

  @Test func `Every struct of the ABI, of every revision, arrives as it was sent`() throws {
    try expectSound("round-trips", rounds: 300)
  }

  @Test func `A message that ends early is refused, wherever it does`() throws {
    try expectSound("truncations", rounds: 5)
  }

  @Test func `What is made of a message that was tampered with never leads outside it`() throws {
    try expectSound("mutations", rounds: 10_000)
  }

  @Test func `Values nested 32 deep arrive, and deeper ones than the ABI knows are refused`()
    throws
  {
    try expectSound("nesting", rounds: 1)
  }

  @Test func `A count that nobody can mean is not followed`() throws {
    try expectSound("many", rounds: 1)
  }

  @Test func `Two threads call each other and back again, with messages of every size`() throws {
    try expectSound("threads", rounds: 1_000)
  }

  @Test func `Two processes call each other on several lanes at once`() throws {
    try expectSound("processes", rounds: 500)
  }

  @Test func `Messages of megabytes travel in files, and one too large harms no lane`() throws {
    try expectSound("large", rounds: 20)
  }

  @Test func `Only a sealed file of the length that was said is taken, and none is kept open`()
    throws
  {
    try expectSound("files", rounds: 30)
  }

  @Test func `A head that is none is refused`() throws {
    try expectSound("heads", rounds: 5_000)
  }

  @Test func `A wait ends with the other side, at once`() throws {
    try expectSound("death", rounds: 50)
  }

  @Test func `A wait ends at its deadline`() throws { try expectSound("deadline", rounds: 3) }

  @Test func `Who calls back for ever instead of answering is as late as who says nothing`()
    throws
  {
    try expectSound("callbacks", rounds: 4)
  }

  @Test func `When all lanes are taken, the next caller waits for one, or for the end`() throws {
    try expectSound("exhaustion", rounds: 1)
  }

  @Test func `Of as many registrations as there can be, each is found in a few steps`() throws {
    try expectSound("index", rounds: 20)
  }

  /// The same under AddressSanitizer and UndefinedBehaviorSanitizer, which see each byte beside a message.
  @Test func `Packing and lanes touch no byte that is not theirs`() throws {
    let folder = TemporaryDirectory()
    let root = Program.repositoryRoot
    let sources =
      try [
        "Sources/CIsolation", "Tests/Helpers/CSpecimen", "Tests/Helpers/isolation-check",
      ].map { "\(root)/\($0)" }.flatMap { folder in
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".c") }
          .map { "\(folder)/\($0)" }
      }
    let built = Program.run(
      [
        "/usr/bin/env", "cc", "-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all", "-I\(root)/Sources/CIsolation/include",
        "-I\(root)/Tests/Helpers/CSpecimen/include",
        "-I\(root)/PluginSDK/CDovetail/include", "-o", folder.file("check"), "-lpthread",
      ] + sources)
    try #require(built.status == 0, "\(built.output)")
    for (check, rounds) in [
      ("round-trips", 100), ("truncations", 2), ("mutations", 2_000), ("nesting", 1), ("many", 1),
      ("threads", 100), ("files", 5), ("heads", 1_000), ("index", 1),
    ] {
      try expectSound(check, rounds: rounds, program: folder.file("check"))
    }
  }
}
