import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct CrashArchiveTests {
  let directory = TemporaryDirectory()

  private static func report(_ id: String) -> CrashReport {
    let build = PluginBuild(
      id: id, version: "1.2.3", hash: SHA256Digest.of(Array(id.utf8)), generation: 3)
    var report = CrashReport(of: build, .contained, cause: "SIGSEGV in handler 'poke'")
    report.signal = "SIGSEGV"
    report.address = "0x8"
    report.sequence = .max
    var frame = CrashReport.Frame(address: .max)
    frame.symbol = "f()"
    frame.symbolOffset = 17
    report.backtrace = [frame]
    return report
  }

  @Test func `A report is there after a restart, as it was given, under the number it got`() throws
  {
    do {
      let archive = try CrashArchive(in: StateDirectory.open(directory.path))
      #expect(try archive.add(Self.report("a")).id == 1)
      #expect(try archive.add(Self.report("b")).id == 2)
    }
    let archive = try CrashArchive(in: StateDirectory.open(directory.path))
    #expect(try archive.list().map(\.plugin) == ["b", "a"])
    var expected = Self.report("a")
    let found = try #require(try archive.report(1))
    (expected.id, expected.time) = (1, found.time)
    #expect(found == expected)
    #expect(found.backtrace.first?.address == "0xffffffffffffffff")
    #expect(try archive.report(3) == nil)
    #expect(try archive.add(Self.report("c")).id == 3)
  }

  @Test func `Of too many reports the oldest go, and numbers are not used again`() throws {
    let archive = try CrashArchive(in: StateDirectory.open(directory.path))
    for number in 1...(CrashArchive.capacity + 3) {
      #expect(try archive.add(Self.report("\(number)")).id == number)
    }
    let list = try archive.list()
    #expect(list.count == CrashArchive.capacity)
    #expect(list.first?.plugin == "\(CrashArchive.capacity + 3)")
    #expect(list.last?.plugin == "4")
    #expect(try archive.report(3) == nil)
    let files = try Directory(directory.file("crashes")).names()
    #expect(files.count == CrashArchive.capacity)
  }

  @Test func `A report is its owner's alone, and a damaged one is left out`() throws {
    let archive = try CrashArchive(in: StateDirectory.open(directory.path))
    for id in ["a", "b"] { try archive.add(Self.report(id)) }
    let crashes = try Directory(directory.file("crashes"))
    var status = stat()
    #expect(unsafe stat(directory.file("crashes/1.json"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    try AtomicFile.write(Array("{\"format\": 1, ".utf8), to: "1.json", in: crashes)
    #expect(try archive.list().map(\.plugin) == ["b"])
    #expect(try archive.report(1) == nil)
  }
}
