import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import PluginHost

@Suite("A scan of a plugin folder")
struct PluginScannerTests {
  let folder = TemporaryDirectory()
  let state = TemporaryDirectory()
  var cachePath: String { state.file("registry") }

  private func add(_ name: String, id: String, version: String = "1.0.0") throws {
    let compiler = FixtureCompiler(folder: state.path)
    let manifest = Fixtures.manifest(id, version: version)
    let made = try compiler.compile("x.so", FixtureCompiler.plugin(manifest: manifest))
    unsafe rename(made, folder.file(name))
  }

  private func scan(_ cache: RegistryCache? = nil, settled: Bool = true) throws -> ScanResult {
    try PluginScanner(directory: folder.path, cache: cache, clockOffset: settled ? 10 : 0).scan()
  }

  @Test("gives the plugins in the order of their file names")
  func order() throws {
    for name in ["b.so", "a b ü.so", "c.so", "B.so"] {
      try add(name, id: "p\(name.utf8.count)-\(name.prefix(1))")
    }
    let result = try scan()
    #expect(result.records.map(\.name) == ["B.so", "a b ü.so", "b.so", "c.so"])
    #expect(result.records.map(\.path).last == folder.file("c.so"))
    #expect(result.problems.isEmpty)
    #expect(result.opened == 4)
    #expect(try result.records[1].manifest().id == "p9-a")
    #expect(result.records[0].facts().traits == .exportsEntry)
  }

  @Test("names every bad file and goes on")
  func problems() throws {
    try add("good.so", id: "good")
    unsafe mkdir(folder.file("directory.so"), 0o700)
    unsafe mkfifo(folder.file("fifo.so"), 0o600)
    unsafe symlink("loop.so", folder.file("loop.so"))
    unsafe symlink("good.so", folder.file("link.so"))
    try Fixtures.write(Array("text".utf8), to: folder.file("text.so"))
    try Fixtures.write(Array("text".utf8), to: folder.file(".hidden.so"))
    try Fixtures.write(Array("text".utf8), to: folder.file("notes.txt"))
    let result = try scan()
    #expect(result.records.map(\.name) == ["good.so", "link.so"])
    let paths = ["directory.so", "fifo.so", "loop.so", "text.so"].map { folder.file($0) }
    #expect(result.problems.map(\.path) == paths)
    #expect(result.problems.map(\.kind) == [.notAFile, .notAFile, .unreadable, .notAnImage])
  }

  @Test("looks only at files that are included and not excluded")
  func globs() throws {
    for name in ["a1.so", "a2.so", "b1.so"] { try Fixtures.write([], to: folder.file(name)) }
    let look = { (includes: [String], excludes: [String]) in
      try PluginScanner(directory: folder.path, includes: includes, excludes: excludes).scan()
        .problems.map { String($0.path.split(separator: "/").last ?? "") }
    }
    #expect(try look([], []) == ["a1.so", "a2.so", "b1.so"])
    #expect(try look(["a*"], []) == ["a1.so", "a2.so"])
    #expect(try look([], ["*1.so"]) == ["a2.so"])
    #expect(try look(["a*", "b?.so"], ["a[12].so"]) == ["b1.so"])
  }

  @Test("of a folder that is not there is an error with its name")
  func noFolder() {
    let error = #expect(throws: (any Error).self) {
      try PluginScanner(directory: "/nowhere").scan()
    }
    #expect(error.map { "\($0)" } == "opendir /nowhere: No such file or directory")
  }

  @Test("that is warm opens no file and gives the same records")
  func warm() throws {
    try add("a.so", id: "a")
    try add("b.so", id: "b", version: "2.0.0-rc.1")
    let cold = try scan(RegistryCache(path: cachePath))
    #expect(cold.opened == 2)
    for cache in [RegistryCache(path: cachePath), RegistryCache(path: cachePath)] {
      for _ in 0..<2 {
        let warm = try scan(cache)
        #expect(warm.opened == 0)
        #expect(warm.records.map(\.name) == cold.records.map(\.name))
        #expect(
          try warm.records.map { try $0.manifest() } == cold.records.map { try $0.manifest() })
        #expect(warm.records.map { $0.facts() } == cold.records.map { $0.facts() })
        #expect(warm.records.map(\.identity) == cold.records.map(\.identity))
      }
    }
    var status = stat()
    unsafe stat(cachePath, &status)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test("opens again only the files that changed, and forgets those that are gone")
  func changes() throws {
    let cache = RegistryCache(path: cachePath)
    for name in ["a", "b", "c"] { try add("\(name).so", id: name) }
    #expect(try scan(cache).opened == 3)
    try add("b.so", id: "b", version: "1.1.0")
    try add("d.so", id: "d")
    unsafe unlink(folder.file("a.so"))
    let second = try scan(cache)
    #expect(second.opened == 2)
    #expect(try second.records.map { try $0.manifest().id } == ["b", "c", "d"])
    #expect(try second.records[0].manifest().version == SemanticVersion(1, 1, 0))
    #expect(try scan(cache).opened == 0)
    #expect(cache.image()?.count == 3)
  }

  @Test("does not trust a file that changed within two seconds")
  func unsettled() throws {
    try add("a.so", id: "a")
    let cache = RegistryCache(path: cachePath)
    #expect(try scan(cache, settled: false).opened == 1)
    #expect(try scan(cache, settled: false).opened == 1)
    #expect(try scan(cache).opened == 1)
    #expect(try scan(cache).opened == 0)
  }

  @Test("notices a sidecar manifest that changed")
  func sidecar() throws {
    let compiler = FixtureCompiler(folder: state.path)
    let made = try compiler.compile("x.so", FixtureCompiler.plugin(manifest: nil))
    unsafe rename(made, folder.file("a.so"))
    let sidecar = folder.file("a.plugin.json")
    try Fixtures.write(Array(Fixtures.manifest("first").utf8), to: sidecar)
    try Fixtures.write(Array("{}".utf8), to: folder.file("a.b.plugin.json"))
    let cache = RegistryCache(path: cachePath)
    #expect(try scan(cache).opened == 1)
    let warm = try scan(cache)
    #expect(warm.opened == 0)
    #expect(warm.records[0].hasSidecar)
    try Fixtures.write(Array(Fixtures.manifest("second").utf8), to: sidecar)
    let changed = try scan(cache)
    #expect(changed.opened == 1)
    #expect(try changed.records[0].manifest().id == "second")
    unsafe unlink(sidecar)
    #expect(try scan(cache).problems.map(\.kind) == [.noManifest])
  }

  @Test("drops a cache that is damaged anywhere")
  func damagedCache() throws {
    try add("a.so", id: "a")
    _ = try scan(RegistryCache(path: cachePath))
    let bytes = try Fixtures.read(cachePath)
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 0x10
      #expect(RegistryImage(damaged) == nil, "byte \(place)")
      #expect(RegistryImage(Array(bytes[..<place])) == nil, "\(place) bytes")
    }
    try Fixtures.write(Array(bytes.dropLast()), to: cachePath)
    let result = try scan(RegistryCache(path: cachePath))
    #expect(result.opened == 1)
    #expect(try Fixtures.read(cachePath) == bytes)
  }

  @Test("works where the cache cannot be written")
  func unwritableCache() throws {
    try add("a.so", id: "a")
    let cache = RegistryCache(path: "/nowhere/registry")
    #expect(try scan(cache).opened == 1)
    #expect(try scan(cache).opened == 0)
  }

  @Test("remembers the hash of a file until the file changes")
  func hashes() throws {
    let cache = RegistryCache(path: cachePath)
    try add("a.so", id: "a")
    let hash = (0..<32).map { UInt8($0) }
    let first = try scan(cache)
    #expect(first.records[0].contentHash == nil)
    try cache.remember(hashes: ["a.so": hash], of: first)
    #expect(try scan(RegistryCache(path: cachePath)).records[0].contentHash == hash)
    try add("a.so", id: "a")
    #expect(try scan(cache).records[0].contentHash == nil)
  }
}
