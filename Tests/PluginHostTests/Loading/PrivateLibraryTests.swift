import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct PrivateLibraryTests {
  let fixture = Fixture()

  /// Builds `FOLDER/NAME.so`, which answers with what its own `FOLDER/SUB/libSTEM.so` answers.
  private func plugin(
    _ name: String, library stem: String, answers: Int, in folder: String, below sub: String = ""
  ) throws -> String {
    try fixture.build(
      "int \(stem)_value(void) { return \(answers); }", to: "\(folder)\(sub)/lib\(stem).so",
      flags: ["-Wl,-soname,lib\(stem).so"])
    return try fixture.build(
      """
      int \(stem)_value(void);
      static int value(void) { return \(stem)_value(); }
      const void *dovetail_plugin(const void *handshake) { (void)handshake; return (const void *)value; }
      """, to: "\(folder)/\(name).so",
      flags: [
        "-L\(fixture.directory.file(folder + sub))", "-l\(stem)",
        "-Wl,-rpath,$ORIGIN\(sub)", "-Wl,--enable-new-dtags",
      ])
  }

  private func stager(_ state: StateDirectory, _ stem: String, below sub: String = "") -> Stager {
    Stager(state: state) { (_, subject) throws(StagingError) in
      subject.isLibrary
        ? LoadFacts(soname: "lib\(stem).so")
        : LoadFacts(needed: ["lib\(stem).so", "libc.so.6"], runpath: ["$ORIGIN\(sub)"])
    }
  }

  @Test("A library beside or below the plugin is staged with it", arguments: ["", "/lib/deep"])
  func staged(sub: String) throws {
    let stem = "beside\(sub.count)"
    let path = try plugin("p", library: stem, answers: 11, in: "a", below: sub)
    let state = try fixture.state()
    let stager = stager(state, stem, below: sub)
    let loader = ImageLoader(stager: stager)
    let staged = try stager.stage(StagingRequest(path: path, label: "p", generation: 1))
    #expect(staged.libraries.map(\.name) == ["lib\(stem).so"])
    #expect(staged.libraries.map(\.path).allSatisfy { $0.hasPrefix("\(state.path)/staging/p@1-") })
    #expect(staged.path.hasSuffix("/p.so"))
    let image = try loader.load(staged, plugin: "p", owner: 5)
    #expect(image.extents.count == 2)
    #expect(value(of: image) == 11)
    #expect(LoadedImage.owner(of: image.extents[1].start) == 5)
    // The user's own library may be overwritten meanwhile.
    try FileDescriptor.open(
      fixture.directory.file("a\(sub)/lib\(stem).so"), O_WRONLY | O_TRUNC
    ).write([0])
    #expect(value(of: image) == 11)
    #expect(try loader.unload(image) == .unmapped)
    #expect(try state.staging.names().isEmpty)
  }

  @Test(
    "A new build with the same library shares it; one with a changed library is refused by name")
  func generations() throws {
    let state = try fixture.state()
    let stager = stager(state, "gen")
    let loader = ImageLoader(stager: stager)
    let path = try plugin("p", library: "gen", answers: 1, in: "a")
    let first = try loader.load(
      try stager.stage(StagingRequest(path: path, label: "p", generation: 1)), plugin: "p", owner: 1
    )
    let second = try loader.load(
      try stager.stage(StagingRequest(path: path, label: "p", generation: 2)), plugin: "p", owner: 2
    )
    #expect(try loader.unload(first) == .unmapped)
    #expect(value(of: second) == 1)

    _ = try plugin("p", library: "gen", answers: 2, in: "a")
    let third = try stager.stage(StagingRequest(path: path, label: "p", generation: 3))
    #expect(throws: LoadError.self) { try loader.load(third, plugin: "p", owner: 3) }
    #expect(try loader.unload(second) == .unmapped)
    let image = try loader.load(third, plugin: "p", owner: 3)
    #expect(value(of: image) == 2)
    #expect(try loader.unload(image) == .unmapped)
  }

  @Test("Two plugins with different libraries of one name: the second is refused, with the way out")
  func clash() throws {
    let state = try fixture.state()
    let stager = stager(state, "clash")
    let loader = ImageLoader(stager: stager)
    let one = try plugin("one", library: "clash", answers: 1, in: "a")
    let two = try plugin("two", library: "clash", answers: 2, in: "b")
    let image = try loader.load(
      try stager.stage(StagingRequest(path: one, label: "one", generation: 1)), plugin: "one",
      owner: 1)
    let staged = try stager.stage(StagingRequest(path: two, label: "two", generation: 1))
    let error = #expect(throws: LoadError.self) {
      try loader.load(staged, plugin: "two", owner: 2)
    }
    #expect(
      error?.description
        == "two: it brings its own libclash.so, but another library of that name is mapped already "
        + "(brought by one), and one process holds one of a name; rename it (its SONAME), "
        + "isolate the plugin, or restart the host")
    #expect(value(of: image) == 1)
    #expect(try loader.unload(image) == .unmapped)
  }

  @Test("A plugin that needs the system's library of a name is not given another plugin's own")
  func foreign() throws {
    let state = try fixture.state()
    let loader: ImageLoader
    let own = stager(state, "foreign")
    loader = ImageLoader(stager: own)
    let one = try plugin("one", library: "foreign", answers: 1, in: "a")
    let image = try loader.load(
      try own.stage(StagingRequest(path: one, label: "one", generation: 1)), plugin: "one",
      owner: 1)
    let two = try fixture.build(Fixture.plugin(value: 2), to: "two.so")
    let system = Fixture.stager(state, ["two.so": LoadFacts(needed: ["libforeign.so"])])
    let staged = try system.stage(StagingRequest(path: two, label: "two", generation: 1))
    #expect(
      throws: LoadError.nameTaken(plugin: "two", library: "libforeign.so", holder: "brought by one")
    ) { try loader.load(staged, plugin: "two", owner: 2) }
    #expect(try loader.unload(image) == .unmapped)
  }

  @Test("A library of a name that the host itself has mapped is refused")
  func host() throws {
    let state = try fixture.state()
    _ = try fixture.build("int nothing;", to: "a/libm.so.6")
    let path = try fixture.build(Fixture.plugin(value: 1), to: "a/p.so")
    let stager = Fixture.stager(
      state, ["p.so": LoadFacts(needed: ["libm.so.6"], runpath: ["${ORIGIN}"])])
    let staged = try stager.stage(StagingRequest(path: path, label: "p", generation: 1))
    #expect(staged.libraries.map(\.relativePath) == ["libm.so.6"])
    let error = #expect(throws: LoadError.self) {
      try ImageLoader(stager: stager).load(staged, plugin: "p", owner: 1)
    }
    #expect(error?.description.contains("its own libm.so.6") == true)
  }

  @Test("A library outside the plugin's folder is refused with advice, and nothing is left")
  func outside() throws {
    let state = try fixture.state()
    _ = try fixture.build("int nothing;", to: "shared/libout.so")
    let path = try fixture.build(Fixture.plugin(value: 1), to: "plugins/p.so")
    let stager = Fixture.stager(
      state, ["p.so": LoadFacts(needed: ["libout.so"], runpath: ["$ORIGIN/../shared"])])
    #expect(
      throws: StagingError.outside(
        path: path, library: "libout.so", runpath: "$ORIGIN/../shared")
    ) { try stager.stage(StagingRequest(path: path, label: "p", generation: 1)) }
    #expect(try state.staging.names().isEmpty)
  }

  @Test("Libraries that need each other in a circle are staged once each")
  func circle() throws {
    let state = try fixture.state()
    for name in ["liba.so", "libb.so"] { _ = try fixture.build("int nothing;", to: "c/\(name)") }
    let path = try fixture.build(Fixture.plugin(value: 1), to: "c/p.so")
    let stager = Fixture.stager(
      state,
      [
        "p.so": LoadFacts(needed: ["liba.so", "p.so"], runpath: ["/nowhere", "$ORIGIN/."]),
        "liba.so": LoadFacts(needed: ["libb.so"], runpath: ["$ORIGIN"]),
        "libb.so": LoadFacts(needed: ["liba.so", "libc.so.6"], runpath: ["$ORIGIN"]),
      ])
    let staged = try stager.stage(StagingRequest(path: path, label: "p", generation: 1))
    #expect(staged.libraries.map(\.relativePath).sorted() == ["liba.so", "libb.so"])
  }

  @Test("More than 64 libraries are refused")
  func tooMany() throws {
    let state = try fixture.state()
    let names = (0...64).map { "libmany\($0).so" }
    for name in names { try Data([1]).write(to: URL(filePath: fixture.directory.file(name))) }
    let path = try fixture.build(Fixture.plugin(value: 1), to: "p.so")
    let stager = Fixture.stager(
      state, ["p.so": LoadFacts(needed: names, runpath: ["$ORIGIN"])])
    let error = #expect(throws: StagingError.self) {
      try stager.stage(StagingRequest(path: path, label: "p", generation: 1))
    }
    #expect(error?.description.contains("it brings 65 libraries") == true)
    #expect(try state.staging.names().isEmpty)
  }

  @Test(
    "Paths are normalized inside their folder only",
    arguments: [
      ("/a/b", "a/b"), ("./a/./b", "a/b"), ("a/../b", "b"), ("", ""), ("..", nil),
      ("a/../../b", nil),
    ] as [(String, String?)])
  func normalized(path: String, expected: String?) {
    #expect(LibrarySearch.normalized(path) == expected)
  }

  @Test(
    "Only entries that begin with $ORIGIN are the plugin's own",
    arguments: [
      ("$ORIGIN", ""), ("${ORIGIN}/lib", "/lib"), ("$ORIGINAL", nil), ("/usr/lib", nil),
      ("lib/$ORIGIN", nil),
    ] as [(String, String?)])
  func origin(entry: String, expected: String?) {
    #expect(LibrarySearch.belowOrigin(entry) == expected)
  }
}
