import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct LoadProbeTests {
  let fixture = Fixture()

  /// Builds a program that does what the host's executable does for its hidden argument.
  private func prober() throws -> String {
    let path = fixture.directory.file("prober")
    let source = """
      #include <dlfcn.h>
      #include <stdio.h>
      #include <string.h>
      #include <unistd.h>
      int main(int count, char **words) {
        char text[500] = "+";
        if (count != 3 || strcmp(words[1], "--probe") != 0) _exit(99);
        if (!dlopen(words[2], RTLD_NOW | RTLD_LOCAL)) snprintf(text, sizeof text, "-%s", dlerror());
        write(3, text, strlen(text));
        _exit(0);
      }
      """
    try Data(source.utf8).write(to: URL(filePath: "\(path).c"))
    try #require(try Fixture.run(["/usr/bin/cc", "-o", path, "\(path).c", "-ldl"]) == 0)
    return path
  }

  static let constructors: [(String, LoadProbe.Outcome)] = [
    ("", .loaded),
    ("write(1, \"\", 0);", .loaded),
    ("*(volatile int *)0 = 1;", .crashed(signal: SIGSEGV)),
    ("abort();", .crashed(signal: SIGABRT)),
    ("exit(0);", .exited(status: 0)),
    ("_exit(7);", .exited(status: 7)),
  ]

  @Test("What a constructor does in the throw-away process is reported", arguments: constructors)
  func constructor(body: String, expected: LoadProbe.Outcome) throws {
    let path = try fixture.build(
      Fixture.plugin(value: 1, extra: LoadProbeTests.constructor(body)), to: "c.so")
    #expect(
      try LoadProbe.run(
        path: path, executable: prober(), arguments: ["--probe"],
        deadline: .after(milliseconds: 10_000)) == expected)
  }

  @Test("The executable's hidden command does it", arguments: constructors)
  func command(body: String, expected: LoadProbe.Outcome) throws {
    let path = try fixture.build(
      Fixture.plugin(value: 1, extra: LoadProbeTests.constructor(body)), to: "c.so")
    #expect(
      try LoadProbe.run(
        path: path, executable: "\(Program.buildFolder)/dovetail", arguments: [LoadProbe.argument],
        deadline: .after(milliseconds: 20_000)) == expected)
  }

  @Test("A constructor that does not return is killed at the deadline")
  func hung() throws {
    let path = try fixture.build(
      Fixture.plugin(value: 1, extra: LoadProbeTests.constructor("for (;;) pause();")), to: "h.so")
    #expect(
      try LoadProbe.run(
        path: path, executable: prober(), arguments: ["--probe"],
        deadline: .after(milliseconds: 200)) == .hung)
  }

  @Test("What dlopen refuses is reported in its words")
  func refused() throws {
    let path = fixture.directory.file("text.so")
    try Data("no library".utf8).write(to: URL(filePath: path))
    #expect(
      try LoadProbe.run(
        path: path, executable: prober(), arguments: ["--probe"],
        deadline: .after(milliseconds: 10_000)) == .refused("\(path): file too short"))
  }

  @Test("An executable that is not there is the system's error")
  func noExecutable() {
    #expect(throws: SystemError("posix_spawn", "/nowhere", code: ENOENT)) {
      try LoadProbe.run(path: "x", executable: "/nowhere", arguments: [], deadline: .never)
    }
  }

  @Test("The throw-away process's own part answers on its descriptor")
  func ownPart() async throws {
    let path = try fixture.build(Fixture.plugin(value: 1), to: "own.so")
    await #expect(processExitsWith: .success) { [path = path as String] in
      var ends: [Int32] = [-1, -1]
      try #require(unsafe pipe(&ends) == 0)
      #expect(LoadProbe.main(path: path, answer: ends[1]) == 0)
      #expect(try FileDescriptor(owning: ends[0]).readSome() == "+")
      try #require(unsafe pipe(&ends) == 0)
      #expect(LoadProbe.main(path: "/nowhere.so", answer: ends[1]) == 1)
      #expect(
        try FileDescriptor(owning: ends[0]).readSome()
          == "-/nowhere.so: cannot open shared object file: No such file or directory")
    }
  }

  private static func constructor(_ body: String) -> String {
    """
    #include <stdlib.h>
    #include <unistd.h>
    __attribute__((constructor)) static void start(void) { \(body) }
    """
  }
}

extension FileDescriptor {
  /// Reads what a pipe holds.
  fileprivate func readSome() throws -> String {
    var bytes = [UInt8](repeating: 0, count: 1_000)
    let n = unsafe Glibc.read(raw, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, n)), as: UTF8.self)
  }
}
