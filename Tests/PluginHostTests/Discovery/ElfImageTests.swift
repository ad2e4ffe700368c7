import Glibc
import TestSupport
import Testing

@testable import PluginHost

@Suite("An ELF image")
struct ElfImageTests {
  let folder = TemporaryDirectory()
  var compiler: FixtureCompiler { FixtureCompiler(folder: folder.path) }

  @Test("gives its manifest, libraries, name, build id and entry")
  func plain() throws {
    let manifest = Fixtures.manifest()
    let path = try compiler.compile(
      "a.so",
      FixtureCompiler.plugin(
        manifest: manifest,
        "extern int rand(void); static int f(void) { return rand(); }\nint (*const keep)(void) __attribute__((visibility(\"hidden\"))) = f;"
      ),
      flags: [
        "-Wl,-soname,liba.so.1", "-Wl,--build-id=0xABCDEF0123", "-Wl,-rpath,$ORIGIN/lib:/opt/x",
      ])
    let image = try ElfImage(path: path)
    #expect(image.manifestBytes == Array(manifest.utf8))
    #expect(image.facts.soname == "liba.so.1")
    #expect(image.facts.buildID == "abcdef0123")
    #expect(image.facts.runpath == ["$ORIGIN/lib", "/opt/x"])
    #expect(image.facts.needed == ["libc.so.6"])
    #expect(image.facts.machine == ElfHeader.hostMachine)
    #expect(image.facts.traits == .exportsEntry)
    #expect(image.facts.unloadClass(.auto) == .unmappable)
    #expect(image.facts.refusal(toolchain: nil, runtime: "6.3.1") == nil)
    #expect(
      image.facts.warnings == [
        "RUNPATH /opt/x is absolute and may not exist elsewhere; use $ORIGIN"
      ])
  }

  @Test("without a section has no manifest")
  func noManifest() throws {
    let path = try compiler.compile("a.so", FixtureCompiler.plugin(manifest: nil))
    #expect(try ElfImage(path: path).manifestBytes == nil)
  }

  @Test("larger than 64 KiB is read through windows")
  func large() throws {
    let manifest = Fixtures.manifest()
    let path = try compiler.compile(
      "a.so",
      FixtureCompiler.plugin(manifest: manifest, "const char filler[300000] = {1};"))
    let image = try ElfImage(path: path)
    #expect(image.manifestBytes == Array(manifest.utf8))
    #expect(image.facts.otherExports.sample == ["filler"])
  }

  @Test("counts exports beside the entry and names the first eight")
  func exports() throws {
    let more = (10..<30).map { "int extra_\($0)(void) { return 1; }" }.joined(separator: "\n")
    let path = try compiler.compile("a.so", FixtureCompiler.plugin(manifest: nil, more))
    let exports = try ElfImage(path: path).facts.otherExports
    #expect(exports.count == 20)
    #expect(exports.sample == (10..<18).map { "extra_\($0)" })
    #expect(
      try ElfImage(path: path).facts.warnings == [
        "exports 20 symbols beside dovetail_plugin (\(exports.sample.joined(separator: ", ")));"
          + " link with a version script that has local: *"
      ])
  }

  static let lingering: [(call: String, name: String)] = [
    (
      "#include <pthread.h>\nstatic void *f(void *a) { return a; }\n"
        + "int go(void) { pthread_t t; return pthread_create(&t, 0, f, 0); }", "pthread_create"
    ),
    (
      "#include <pthread.h>\nint go(void) { pthread_key_t k; return pthread_key_create(&k, 0); }",
      "pthread_key_create"
    ),
    ("#include <signal.h>\nint go(void) { return sigaction(1, 0, 0); }", "sigaction"),
    ("#include <signal.h>\nvoid go(void) { signal(1, SIG_IGN); }", "signal"),
    (
      "#include <threads.h>\nstatic int f(void *a) { return 0; }\n"
        + "int go(void) { thrd_t t; return thrd_create(&t, f, 0); }", "thrd_create"
    ),
    (
      "extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);\n"
        + "static void f(void *a) {}\nint go(void) { return __cxa_thread_atexit_impl(f, 0, 0); }",
      "__cxa_thread_atexit_impl"
    ),
  ]

  @Test("that imports a function which leaves something behind is retired", arguments: lingering)
  func lingers(_ item: (call: String, name: String)) throws {
    let path = try compiler.compile("a.so", FixtureCompiler.plugin(manifest: nil, item.call))
    let facts = try ElfImage(path: path).facts
    #expect(facts.lingeringImports == [item.name])
    #expect(
      facts.unloadClass(.auto)
        == .retired(
          reason: "it imports \(item.name), which may leave something behind that refers to the"
            + " image; \"unload\": \"clean\" in the manifest promises that nothing is left"))
    #expect(facts.unloadClass(.clean) == .unmappable)
    #expect(facts.unloadClass(.keep) == .retired(reason: "the manifest says \"unload\": \"keep\""))
  }

  @Test("with -z nodelete is retired whatever the manifest promises")
  func noDelete() throws {
    let path = try compiler.compile(
      "a.so", FixtureCompiler.plugin(manifest: nil), flags: ["-Wl,-z,nodelete"])
    let facts = try ElfImage(path: path).facts
    #expect(
      facts.unloadClass(.clean)
        == .retired(reason: "it is linked with -z nodelete, so the loader never unmaps it"))
  }

  @Test("with static thread-local storage is retired")
  func staticTLS() throws {
    let path = try compiler.compile(
      "a.so",
      FixtureCompiler.plugin(
        manifest: nil,
        "extern __thread int outer __attribute__((tls_model(\"initial-exec\")));"
          + " int go(void) { return outer; }"))
    let facts = try ElfImage(path: path).facts
    #expect(
      facts.unloadClass(.auto)
        == .retired(reason: "it uses static thread-local storage (DF_STATIC_TLS)"))
  }

  @Test("with GNU_UNIQUE symbols is retired")
  func unique() throws {
    let path = try compiler.compile(
      "a.so",
      FixtureCompiler.plugin(
        manifest: nil,
        "__asm__(\".globl once\\n.type once, @gnu_unique_object\\n.data\\nonce: .quad 0\\n.text\");"
      ))
    let facts = try ElfImage(path: path).facts
    #expect(
      facts.unloadClass(.clean)
        == .retired(reason: "it has GNU_UNIQUE symbols, so the loader never unmaps it"))
  }

  @Test("with Swift metadata is retired, and refused where its toolchain does not fit")
  func swiftMetadata() throws {
    let section =
      "__attribute__((section(\"swift5_types\"), used)) static const int types[] = {1};"
    let path = try compiler.compile("a.so", FixtureCompiler.plugin(manifest: nil, section))
    var facts = try ElfImage(path: path).facts
    #expect(facts.traits.isSuperset(of: [.swiftMetadata, .staticSwiftRuntime]))
    #expect(
      facts.unloadClass(.clean)
        == .retired(reason: "the Swift runtime keeps pointers into the image"))
    #expect(
      facts.refusal(toolchain: "swift-6.3.1", runtime: "6.3.1")
        == "is linked with a static Swift standard library, which this process has already;"
        + " build it without -static-stdlib, or isolate it")
    facts.traits.remove(.staticSwiftRuntime)
    #expect(facts.refusal(toolchain: "swift-6.3.2-RELEASE", runtime: "6.3.1") == nil)
    for silent in [nil, "mine"] {
      #expect(
        facts.refusal(toolchain: silent, runtime: "6.3.1")?.hasPrefix(
          "does not say which Swift built it, and this host runs Swift 6.3;") == true)
    }
    #expect(
      facts.refusal(toolchain: "swift-6.2.1", runtime: "6.3.1")
        == "was built with Swift 6.2, but this host runs Swift 6.3; rebuild it with Swift 6.3,"
        + " or isolate it with its own runtime")
  }

  static let constructors: [(source: String, flags: [String])] = [
    ("__attribute__((constructor)) static void f(void) { __asm__(\"nop\"); }", []),
    (
      "static int r(int a) { return a; }\nvoid *pick(void) { return r; }\n"
        + "int go(int) __attribute__((ifunc(\"pick\")));", []
    ),
    ("void start(void) {}", ["-Wl,-init,start"]),
  ]

  @Test("with code of its own inside dlopen says so", arguments: constructors)
  func hasConstructors(_ item: (source: String, flags: [String])) throws {
    let path = try compiler.compile(
      "a.so", FixtureCompiler.plugin(manifest: nil, item.source), flags: item.flags)
    #expect(try ElfImage(path: path).facts.traits.contains(.constructors))
  }

  static let swift = """
    @c(dovetail_plugin) public func entry(_ h: UnsafeRawPointer?) -> UnsafeRawPointer? { nil }

    """

  @Test("of Swift needs the host's runtime and is retired")
  func dynamicSwift() throws {
    let path = try compiler.compileSwift(
      "a.so", Self.swift + "public struct S: Hashable { var a = 1 }")
    let facts = try ElfImage(path: path).facts
    #expect(facts.traits == [.exportsEntry, .swiftMetadata])
    #expect(facts.needed.contains("libswiftCore.so"))
    #expect(facts.refusal(toolchain: "swift-6.3.1", runtime: "6.3.1") == nil)
  }

  @Test("of Swift with a static standard library is refused")
  func staticSwift() throws {
    let path = try compiler.compileSwift("a.so", Self.swift, flags: ["-static-stdlib"])
    let facts = try ElfImage(path: path).facts
    #expect(facts.traits.contains(.staticSwiftRuntime))
    #expect(facts.refusal(toolchain: "swift-6.3.1", runtime: "6.3.1") != nil)
  }

  @Test("of Embedded Swift is unmappable, as it binds a runtime of its own")
  func embeddedSwift() throws {
    let path = try compiler.compileSwift(
      "a.so", Self.swift, flags: ["-enable-experimental-feature", "Embedded", "-wmo"])
    let facts = try ElfImage(path: path).facts
    #expect(facts.traits == .exportsEntry)
    #expect(facts.unloadClass(.auto) == .unmappable)
    #expect(facts.refusal(toolchain: "swift-6.2.0", runtime: "6.3.1") == nil)
  }

  @Test("of clang has the same facts as one of gcc")
  func clang() throws {
    let path = try compiler.compile(
      "a.so", FixtureCompiler.plugin(manifest: "{}"), compiler: "clang")
    #expect(try ElfImage(path: path).facts.traits == .exportsEntry)
  }
}
