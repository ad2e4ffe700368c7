import CDovetail
import FoundationEssentials
import Glibc
import PluginSDK
import PluginTestKit
import TestSupport
import Testing

@Suite(.serialized) struct TemplateTests {
  static let names = ["c", "cpp", "rust", "embedded-swift", "swift"]

  @Test(arguments: names)
  func `A template builds, exports the entry only, and answers the handshake`(name: String) throws {
    let folder = TemporaryDirectory()
    guard let path = try Built.shared.template(name) else { return }
    let symbols = try Tool.shell("nm -D --defined-only '\(path)' | awk '$2 != \"d\" {print $3}'")
    #expect(symbols.output == "dovetail_plugin\n")
    let manifest = try Tool.shell(
      "objcopy -O binary --only-section=dovetail_manifest '\(path)' '\(folder.file("json"))'")
    #expect(manifest.status == 0, "\(manifest.output)")
    struct Header: Decodable, Equatable {
      var id: String
      var version: String
      var abi: String
    }
    let bytes = try #require(FileManager.default.contents(atPath: folder.file("json")))
    let header = try JSONDecoder().decode(Header.self, from: bytes)
    #expect(header == Header(id: "my-plugin", version: "0.1.0", abi: "1.0"))
    try checkEntry(path)
  }

  private func checkEntry(_ path: String) throws {
    let image = unsafe try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL))
    let symbol = unsafe try #require(dlsym(image, DVT_ENTRY_SYMBOL))
    let entry = unsafe unsafeBitCast(symbol, to: dvt_entry.self)
    var handshake = unsafe dvt_handshake()
    unsafe handshake.struct_size = UInt32(MemoryLayout<dvt_handshake>.size)
    unsafe handshake.abi_major = UInt16(DVT_ABI_MAJOR)
    let plugin = unsafe try #require(entry(&handshake))
    let size = unsafe plugin.pointee.struct_size
    let major = unsafe plugin.pointee.abi_major
    #expect(size == 96)
    #expect(major == 1)
    unsafe handshake.abi_major = 2
    let refused = unsafe entry(&handshake) == nil
    #expect(refused)
  }

  @Test(arguments: names)
  func `A template answers pings until it is stopped`(name: String) throws {
    guard let path = try Built.shared.template(name) else { return }
    let host = try TestHost()
    let plugin = try host.load(path, id: "my-plugin")
    let ping = try host.context.topic("my-plugin.ping")
    let payload = Array(#"{"text":"hi"}"#.utf8)
    try ping.publish(bytes: payload)
    try plugin.stop()
    try ping.publish(bytes: payload)
    #expect(host.events.map(\.type) == ["my-plugin.ping", "my-plugin.pong", "my-plugin.ping"])
    #expect(host.events[1].data == payload)
    #expect(host.events[1].source == "my-plugin")
    #expect(host.failures == [])
  }

  @Test(arguments: ["template", "heartbeat"])
  func `An Embedded image brings its own runtime`(which: String) throws {
    let output =
      which == "heartbeat"
      ? try Built.shared.heartbeat() : try #require(try Built.shared.template("embedded-swift"))
    let undefined = try Tool.shell("nm -D --undefined-only '\(output)' | grep -c swift_ || true")
    #expect(undefined.output == "0\n")
    let sections = try Tool.shell("readelf -SW '\(output)' | grep -c swift5_ || true")
    #expect(sections.output == "0\n")
    let needed = try Tool.shell("readelf -d '\(output)' | grep NEEDED | sed 's/.*\\[//;s/]//'")
    #expect(needed.output == "libc.so.6\n")
    let risky = try Tool.shell(
      "nm -D '\(output)' | grep -cE 'pthread_create|__cxa_thread_atexit|sigaction' || true")
    #expect(risky.output == "0\n")
  }

  @Test func `An Embedded image is really unmapped and leaves nothing behind`() throws {
    let folder = TemporaryDirectory()
    let image = try Built.shared.heartbeat()
    let result = try Tool.shell(
      """
      cd '\(Tool.root)' && cc -std=gnu11 -O1 -I PluginSDK/CDovetail/include \
      Tests/PluginSDKTests/Fixtures/cycle.c -o '\(folder.file("cycle"))' \
      && '\(folder.file("cycle"))' '\(image)' 2000
      """)
    #expect(result.output == "0\n")
    #expect(result.status == 0)
  }
}
