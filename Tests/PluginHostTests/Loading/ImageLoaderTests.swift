import CHostSupport
import FoundationEssentials
import Glibc
import HostSupport
import TestSupport
import Testing

@testable import PluginHost

@Suite struct ImageLoaderTests {
  let fixture = Fixture()

  @Test("A staged image is mapped, runs, and is found by its addresses")
  func load() throws {
    let path = try fixture.build(Fixture.plugin(value: 7), to: "seven.so")
    let stager = Fixture.stager(try fixture.state())
    let loader = ImageLoader(stager: stager)
    let staged = try stager.stage(StagingRequest(path: path, label: "seven", generation: 1))
    let image = try loader.load(staged, plugin: "seven", owner: 77)
    #expect(value(of: image) == 7)
    let address = unsafe UInt64(UInt(bitPattern: image.entry))
    #expect(LoadedImage.owner(of: address) == 77)
    #expect(LoadedImage.owner(of: 1) == nil)
    #expect(image.bytes > 0)
    #expect(loader.activity == nil)
    #expect(try loader.unload(image) == .unmapped)
    // Another test's image may lie there by now.
    #expect(LoadedImage.owner(of: address) != 77)
    #expect(!FileManager.default.fileExists(atPath: staged.path))
  }

  @Test("Overwriting, truncating or deleting the user's file does not harm what is mapped")
  func userFileIsNeverMapped() throws {
    let path = try fixture.build(Fixture.plugin(value: 1), to: "a.so")
    let stager = Fixture.stager(try fixture.state())
    let loader = ImageLoader(stager: stager)
    let staged = try stager.stage(StagingRequest(path: path, label: "a", generation: 1))
    let image = try loader.load(staged, plugin: "a", owner: 1)
    let file = try FileDescriptor.open(path, O_WRONLY)
    try file.write([UInt8](repeating: 0xcc, count: 20_000))
    #expect(value(of: image) == 1)
    #expect(ftruncate(file.raw, 0) == 0)
    #expect(value(of: image) == 1)
    #expect(unsafe unlink(path) == 0)
    #expect(value(of: image) == 1)
    #expect(try loader.unload(image) == .unmapped)
  }

  @Test("A new build at the same path is mapped beside the old one")
  func generations() throws {
    let stager = Fixture.stager(try fixture.state())
    let loader = ImageLoader(stager: stager)
    let images = try (1...5).map { generation in
      let path = try fixture.build(Fixture.plugin(value: generation), to: "g.so")
      let staged = try stager.stage(
        StagingRequest(path: path, label: "g", generation: UInt32(generation)))
      return try loader.load(staged, plugin: "g", owner: UInt64(generation))
    }
    #expect(images.map(value(of:)) == [1, 2, 3, 4, 5])
    for image in images { #expect(try loader.unload(image) == .unmapped) }
  }

  @Test("An image that must stay is retired with its reason and counted")
  func retire() throws {
    let path = try fixture.build(Fixture.plugin(value: 1), to: "keep.so")
    let stager = Fixture.stager(
      try fixture.state(),
      ["keep.so": LoadFacts(unmappable: false, keepReason: "it holds Swift code")])
    let loader = ImageLoader(stager: stager, budget: .init(count: 1, bytes: 1 << 30))
    let staged = try stager.stage(StagingRequest(path: path, label: "keep", generation: 1))
    let image = try loader.load(staged, plugin: "keep", owner: 1)
    #expect(loader.retired.warning == nil)
    let result = try loader.unload(image)
    #expect(result == .retired(reason: "it holds Swift code", bytes: image.bytes))
    #expect(value(of: image) == 1)
    #expect(loader.retired.count == 1)
    #expect(
      loader.retired.warning == "1 retired images hold \(image.bytes >> 10) KiB of address space, "
        + "most of them generations of keep; plan a restart of the host")
  }

  @Test("An image that the loader keeps in spite of dlclose is reported as retired")
  func noDelete() throws {
    let path = try fixture.build(
      Fixture.plugin(value: 1), to: "sticky.so", flags: ["-Wl,-z,nodelete"])
    let stager = Fixture.stager(try fixture.state())
    let loader = ImageLoader(stager: stager)
    let staged = try stager.stage(StagingRequest(path: path, label: "sticky", generation: 1))
    let image = try loader.load(staged, plugin: "sticky", owner: 1)
    #expect(
      try loader.unload(image)
        == .retired(reason: "the loader kept it mapped after dlclose", bytes: image.bytes))
    #expect(value(of: image) == 1)
  }

  @Test("What dlopen refuses is reported in its words about the user's file")
  func refused() throws {
    let path = try fixture.build(
      Fixture.plugin(value: 1, extra: "void nobody(void); void use(void) { nobody(); }"),
      to: "undefined.so")
    let stager = Fixture.stager(try fixture.state())
    let staged = try stager.stage(StagingRequest(path: path, label: "u", generation: 1))
    #expect(
      throws: LoadError.refused(
        plugin: "u", source: path, reason: "undefined symbol: nobody")
    ) { try ImageLoader(stager: stager).load(staged, plugin: "u", owner: 1) }
  }

  @Test("A file without the entry point is refused by name")
  func noEntry() throws {
    let path = try fixture.build("int x;", to: "none.so")
    let stager = Fixture.stager(try fixture.state())
    let staged = try stager.stage(StagingRequest(path: path, label: "none", generation: 1))
    let error = #expect(throws: LoadError.self) {
      try ImageLoader(stager: stager).load(staged, plugin: "none", owner: 1)
    }
    #expect(
      error?.description == "none: \(path) does not export dovetail_plugin; export that function, "
        + "and see that no version script hides it")
  }

  @Test("A constructor that does not return makes other loads fail by its plugin's name")
  func stuck() throws {
    let slow = try fixture.build(
      Fixture.plugin(
        value: 1,
        extra: """
          #include <unistd.h>
          __attribute__((constructor)) static void start(void) { char c; read(\(900), &c, 1); }
          """), to: "slow.so")
    let fast = try fixture.build(Fixture.plugin(value: 2), to: "fast.so")
    let stager = Fixture.stager(try fixture.state())
    let loader = ImageLoader(stager: stager)
    let first = try stager.stage(StagingRequest(path: slow, label: "slow", generation: 1))
    let second = try stager.stage(StagingRequest(path: fast, label: "fast", generation: 1))
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    #expect(dup2(ends[0], 900) == 900)
    let thread = try Thread(name: "stuck") {
      _ = try? loader.load(first, plugin: "slow", owner: 1)
    }
    let limit = Deadline.after(milliseconds: 5_000)
    while loader.activity == nil && !limit.hasPassed { sched_yield() }
    #expect(loader.activity?.plugin == "slow")
    let error = #expect(throws: LoadError.self) {
      try loader.load(second, plugin: "fast", owner: 2, deadline: .after(milliseconds: 1))
    }
    #expect(
      error?.description.contains("loading slow has not come back for ") == true,
      "\(String(describing: error))")
    unsafe write(ends[1], [1], 1)
    thread.join()
    #expect(loader.activity == nil)
    _ = [ends[0], ends[1], 900].map { close($0) }
  }

  @Test("A destructor that hangs retires the image and keeps the loader busy until it returns")
  func slowDestructor() throws {
    let slow = try fixture.build(
      Fixture.plugin(
        value: 1,
        extra: """
          #include <unistd.h>
          __attribute__((destructor)) static void stop(void) { char c; read(901, &c, 1); }
          """), to: "slow.so")
    let stager = Fixture.stager(try fixture.state())
    let loader = ImageLoader(stager: stager)
    let staged = try stager.stage(StagingRequest(path: slow, label: "slow", generation: 1))
    let image = try loader.load(staged, plugin: "slow", owner: 6)
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    #expect(dup2(ends[0], 901) == 901)
    #expect(
      try loader.unload(image, deadline: .after(milliseconds: 20))
        == .retired(reason: "its destructors have not returned", bytes: image.bytes))
    #expect(loader.activity?.kind == .unloading)
    #expect(LoadedImage.owner(of: image.extents[0].start) == 6)
    unsafe write(ends[1], [1], 1)
    let limit = Deadline.after(milliseconds: 5_000)
    while loader.activity != nil && !limit.hasPassed { sched_yield() }
    #expect(loader.activity == nil)
    #expect(LoadedImage.owner(of: image.extents[0].start) != 6)
    _ = [ends[0], ends[1], 901].map { close($0) }
  }

  @Test("2,000 loads and unloads of a C image leave memory as it was")
  func cycles() async throws {
    let path = try fixture.build(Fixture.plugin(value: 3), to: "cycle.so")
    // In a process of its own: other tests take memory meanwhile.
    await #expect(processExitsWith: .success) {
      [path = path as String, folder = fixture.directory.path as String] in
      let stager = Fixture.stager(try StateDirectory.open("\(folder)/own"))
      let loader = ImageLoader(stager: stager)
      var before = 0
      for generation in 1...2_000 {
        if generation == 200 { before = residentKilobytes() }
        let staged = try stager.stage(
          StagingRequest(path: path, label: "cycle", generation: UInt32(generation)))
        let image = try loader.load(staged, plugin: "cycle", owner: 9)
        try #require(value(of: image) == 3)
        try #require(try loader.unload(image) == .unmapped)
      }
      #expect(residentKilobytes() - before < 512)
      #expect(try stager.state.staging.names().isEmpty)
    }
  }
}

/// Resident memory of this process.
func residentKilobytes() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * 4
}
