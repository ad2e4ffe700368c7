import Glibc
import TestSupport
import Testing

@testable import PluginHost

@Suite("A file that is no plugin")
struct BadFileTests {
  let folder = TemporaryDirectory()
  var compiler: FixtureCompiler { FixtureCompiler(folder: folder.path) }
  var path: String { folder.file("a.so") }

  private func problem(_ path: String) -> DiscoveryProblem? {
    do throws(DiscoveryProblem) {
      _ = try Inspection(path: path)
      return nil
    } catch {
      return error
    }
  }

  private func expectProblem(
    _ kind: DiscoveryProblem.Kind, _ reason: String, _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(
      problem(path) == DiscoveryProblem(path: path, kind: kind, reason: reason),
      sourceLocation: location)
  }

  private func build() throws -> [UInt8] {
    try compiler.compile(
      "a.so", FixtureCompiler.plugin(manifest: Fixtures.manifest()), flags: ["-Wl,--build-id"])
    return try Fixtures.read(path)
  }

  @Test("because it is empty is refused")
  func empty() throws {
    try Fixtures.write([], to: path)
    expectProblem(.notAnImage, "is empty; copy or build it again")
  }

  @Test("because it is text is refused", arguments: ["#!/bin/sh\n", "x", "hello, world"])
  func text(_ content: String) throws {
    try Fixtures.write(Array(content.utf8), to: path)
    expectProblem(
      .notAnImage, "is not an ELF file; a plugin is a shared object made with -shared")
  }

  @Test("because it is a directory is refused")
  func directory() {
    unsafe mkdir(path, 0o700)
    expectProblem(.notAFile, "is a directory, not a regular file; move it elsewhere")
  }

  @Test("because it is a FIFO is refused at once, without waiting for a writer")
  func fifo() {
    unsafe mkfifo(path, 0o600)
    expectProblem(.notAFile, "is a FIFO, not a regular file; move it elsewhere")
  }

  @Test("because it is a device is refused without being opened")
  func device() {
    unsafe symlink("/dev/zero", path)
    expectProblem(.notAFile, "is a device, not a regular file; move it elsewhere")
  }

  @Test("because it is a loop of symbolic links is refused")
  func loop() {
    unsafe symlink("b.so", path)
    unsafe symlink("a.so", folder.file("b.so"))
    expectProblem(
      .unreadable,
      "cannot be read (stat: Too many levels of symbolic links); check the file and its permissions"
    )
  }

  @Test("because it is a symbolic link to nothing is refused")
  func dangling() {
    unsafe symlink("nowhere", path)
    expectProblem(
      .unreadable,
      "cannot be read (stat: No such file or directory); check the file and its permissions")
  }

  @Test("because it is for another machine is refused with both names")
  func machine() throws {
    var bytes = try build()
    bytes[18] = 8
    bytes[19] = 0
    try Fixtures.write(bytes, to: path)
    let host = ElfHeader.name(of: ElfHeader.hostMachine)
    expectProblem(
      .wrongArchitecture, "is built for MIPS, but this host runs on \(host); rebuild it")
  }

  @Test("because it is a 32-bit image is refused")
  func bits() throws {
    var bytes = try build()
    bytes[4] = 1
    try Fixtures.write(bytes, to: path)
    let host = ElfHeader.name(of: ElfHeader.hostMachine)
    expectProblem(.wrongArchitecture, "is a 32-bit image; build it for 64-bit \(host)")
  }

  @Test("because it is big-endian is refused")
  func endian() throws {
    var bytes = try build()
    bytes[5] = 2
    try Fixtures.write(bytes, to: path)
    let host = ElfHeader.name(of: ElfHeader.hostMachine)
    expectProblem(
      .wrongArchitecture,
      "is built for a big-endian machine, but this host runs on \(host); rebuild it")
  }

  @Test("because it is a program is refused")
  func program() throws {
    try compiler.compile("a.so", "int main(void) { return 0; }", flags: ["-pie"], shared: false)
    expectProblem(.notAnImage, "is a program, not a shared object; link it with -shared")
    try compiler.compile("a.so", "int main(void) { return 0; }", flags: ["-no-pie"], shared: false)
    expectProblem(
      .notAnImage, "is not a shared object (ELF type 2, not 3); link it with -shared")
    try compiler.compile("a.so", "int f(void) { return 0; }", flags: ["-c"], shared: false)
    expectProblem(
      .notAnImage, "is not a shared object (ELF type 1, not 3); link it with -shared")
  }

  @Test("because its section headers were removed is refused")
  func noSections() throws {
    var bytes = try build()
    for index in 40..<48 { bytes[index] = 0 }
    for index in 60..<64 { bytes[index] = 0 }
    try Fixtures.write(bytes, to: path)
    expectProblem(.notAnImage, "has no section headers; strip it with strip, not sstrip")
  }

  @Test("because it was cut off is refused at every length")
  func prefixes() throws {
    let bytes = try build()
    for length in (1..<bytes.count).reversed() {
      unsafe truncate(path, length)
      let problem = problem(path)
      #expect(
        problem?.kind == .notAnImage || length < 5, "\(length) bytes: \(problem?.reason ?? "")")
      #expect(problem != nil, "\(length) bytes")
    }
  }

  @Test("because bits were flipped never crashes the reader", arguments: 0..<8 as Range<UInt64>)
  func bitFlips(seed: UInt64) throws {
    let bytes = try build()
    var random = SeededNumbers(seed: seed)
    var refused = 0
    for _ in 0..<400 {
      var damaged = bytes
      // Half of the flips hit the headers and tables, where they matter most.
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        let tail = bytes.count - 1 - Int.random(in: 0..<min(2_048, bytes.count), using: &random)
        let places = [
          Int.random(in: 0..<min(1_024, bytes.count), using: &random), tail,
          Int.random(in: 0..<bytes.count, using: &random),
        ]
        let place = places[Int.random(in: 0..<3, using: &random)]
        damaged[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
      }
      try Fixtures.write(damaged, to: path)
      if problem(path) != nil { refused += 1 }
    }
    #expect(refused > 0)
  }

  @Test("because its header is noise never crashes the reader", arguments: 0..<4 as Range<UInt64>)
  func noise(seed: UInt64) throws {
    let bytes = try build()
    var random = SeededNumbers(seed: seed &+ 1_000)
    for _ in 0..<400 {
      var damaged = bytes
      let fields = [32, 40, 54, 56, 58, 60, 62]
      for _ in 0..<2 {
        let field = fields[Int.random(in: 0..<fields.count, using: &random)]
        for index in field..<field + 2 { damaged[index] = random.next(upperBound: 255) }
      }
      let place = Int.random(in: 64..<damaged.count - 8, using: &random)
      for index in place..<place + 8 { damaged[index] = random.next(upperBound: 255) }
      try Fixtures.write(damaged, to: path)
      _ = problem(path)
    }
  }

  static let manifests: [(bytes: [UInt8], reason: String)] = [
    ([], "manifest: is empty; it needs at least id, version and abi"),
    (
      Array("{".utf8),
      "manifest: is not JSON: a name in quotes is missing at line 1, column 2"
    ),
    (
      [0x7B, 0x22, 0xFF, 0x22, 0x7D],
      "manifest: is not valid UTF-8; save it as UTF-8 and build again"
    ),
    (Array("[]".utf8), "manifest: is not a JSON object"),
    (Array("{\"version\": \"1.0.0\"}".utf8), "manifest key id: is missing"),
    (
      [UInt8](repeating: 0x20, count: 65_537),
      "manifest: has 65537 bytes; at most 65536 are allowed"
    ),
  ]

  @Test("because its manifest is wrong is refused with the reason", arguments: manifests)
  func manifest(_ item: (bytes: [UInt8], reason: String)) throws {
    let list = item.bytes.isEmpty ? "" : item.bytes.map { "\($0)" }.joined(separator: ",")
    try compiler.compile(
      "a.so",
      FixtureCompiler.plugin(
        manifest: nil,
        "__attribute__((section(\"dovetail_manifest\"), used)) static const unsigned char m[] = {\(list.isEmpty ? "0" : list)};"
      ))
    expectProblem(.badManifest, item.reason)
  }

  @Test("because it has no manifest at all is refused with both places for one")
  func noManifest() throws {
    try compiler.compile("a.so", FixtureCompiler.plugin(manifest: nil))
    expectProblem(
      .noManifest,
      "has no manifest: neither a section dovetail_manifest nor the file"
        + " \(folder.file("a.plugin.json")); embed plugin.json when building")
  }

  @Test("but has a sidecar manifest is one")
  func sidecar() throws {
    try compiler.compile("a.so", FixtureCompiler.plugin(manifest: nil))
    try Fixtures.write(Array(Fixtures.manifest("side").utf8), to: folder.file("a.plugin.json"))
    let inspection = try Inspection(path: path)
    #expect(inspection.manifest.id == "side")
    #expect(inspection.sidecar?.path == folder.file("a.plugin.json"))
  }

  @Test("because its sidecar manifest is wrong is refused with the sidecar's name")
  func badSidecar() throws {
    try compiler.compile("a.so", FixtureCompiler.plugin(manifest: nil))
    let sidecar = folder.file("a.plugin.json")
    try Fixtures.write(Array("{}".utf8), to: sidecar)
    #expect(problem(path)?.description == "\(sidecar): manifest key id: is missing")
    try Fixtures.write([UInt8](repeating: 0x20, count: 65_537), to: sidecar)
    #expect(
      problem(path)?.description
        == "\(sidecar): manifest: has 65537 bytes; at most 65536 are allowed")
    unsafe unlink(sidecar)
    unsafe mkdir(sidecar, 0o700)
    #expect(
      problem(path)?.description
        == "\(sidecar): is a directory, not a regular file; move it elsewhere")
  }
}

extension SeededNumbers {
  mutating func next(upperBound: UInt8) -> UInt8 { UInt8.random(in: 0...upperBound, using: &self) }
}
