import FoundationEssentials
import HostSupport
import TestSupport

@testable import PluginHost

/// Two publishers and a plugin that counts their events, in C, in a host of this process.
struct CountingPlugins {
  let directory = TemporaryDirectory()
  let host: Host

  /// Builds the plugins and starts a host with them, publishing.
  init(probationSeconds: Int) throws {
    let plugins = directory.file("plugins")
    try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
    var configuration = HostConfiguration()
    configuration.plugins = plugins
    configuration.state = directory.file("state")
    configuration.probation.seconds = probationSeconds
    configuration.metadata.provider = .memory
    configuration.journalFsync = false
    for lane in 0..<2 {
      try Self.build(
        "\(plugins)/source-\(lane).so", try Self.source(),
        #"{"id": "source-\#(lane)", "version": "1.0.0", "abi": "1.0", "permissions": {"publish": ["bench.tick"]}}"#,
        ["-DLANE=\(lane)", "-DRATE=10000", "-pthread"])
    }
    try Self.installCounted(in: plugins, version: 1)
    host = try Host(configuration: configuration, log: LogWriter(level: .error))
    try host.start()
    for lane in 0..<2 { try call("source-\(lane).start") }
  }

  /// Puts another build of the counting plugin in place.
  func install(version: Int, failsIn phase: String? = nil) throws {
    try Self.installCounted(in: directory.file("plugins"), version: version, failsIn: phase)
  }

  func reload() throws {
    _ = try host.reload("counted", dryRun: false, deadline: .after(milliseconds: 30_000))
  }

  /// Calls a service; its reply as 64-bit numbers.
  @discardableResult
  func call(_ service: String) throws -> [UInt64] {
    let reply = try host.call(
      service: service, payload: Payload(), deadline: .after(milliseconds: 30_000))
    return stride(from: 0, to: reply.bytes.count - 7, by: 8).map { offset in
      reply.bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  /// Waits until the counting plugin has seen so many events more of each publisher.
  func letFlow(_ events: UInt64) throws {
    let goals = try lanes().map { $0.last + events }
    try wait { zip($0, goals).allSatisfy { $0.last >= $1 } }
  }

  /// Ends the publishers and waits for the queues.
  ///
  /// - Returns: Events that were lost, and events that were counted twice.
  func settle() throws -> (lost: UInt64, duplicated: UInt64, published: UInt64) {
    let sent = try (0..<2).map { try call("source-\($0).stop")[0] }
    try wait { $0.enumerated().allSatisfy { $1.last >= sent[$0 % 2] } }
    let lanes = try lanes()
    return (
      lanes.reduce(0) { $0 + $1.lost }, lanes.reduce(0) { $0 + $1.duplicated }, sent.reduce(0, +)
    )
  }

  private struct Lane {
    let last: UInt64
    let lost: UInt64
    let duplicated: UInt64
  }

  private func lanes() throws -> [Lane] {
    let words = try call("counted.report")
    return stride(from: 0, to: words.count - 2, by: 3).map {
      Lane(last: words[$0], lost: words[$0 + 1], duplicated: words[$0 + 2])
    }
  }

  private func wait(until condition: ([Lane]) -> Bool) throws {
    let deadline = Deadline.after(milliseconds: 30_000)
    while !condition(try lanes()) {
      if deadline.hasPassed { throw SystemError("wait for events", "counted", code: 110) }
    }
  }

  private static func installCounted(
    in folder: String, version: Int, failsIn phase: String? = nil
  ) throws {
    let manifest = #"""
      {"id": "counted", "version": "\#(version).0.0", "abi": "1.0",
      "state": {"schema": "counted", "version": 1, "accepts": [1]}}
      """#
    let flags = phase.map { ["-DFAIL_\($0)=1"] } ?? []
    try build("\(folder)/counted.so", counted, manifest, flags)
  }

  private static func build(
    _ path: String, _ source: String, _ manifest: String, _ flags: [String]
  ) throws {
    let work = TemporaryDirectory()
    let bytes = manifest.utf8.map { "\($0)" }.joined(separator: ",")
    let section =
      "__attribute__((section(\"dovetail_manifest\"), used)) static const unsigned char manifest[] = {\(bytes)};\n"
    let include = "-I\(root)/PluginSDK/CDovetail/include"
    let built = try FixtureCompiler(folder: work.path).compile(
      "plugin.so", section + source, flags: [include] + flags)
    let data = try Data(contentsOf: URL(filePath: built))
    try data.write(to: URL(filePath: path), options: .atomic)
  }

  private static func source() throws -> String {
    let path = "\(root)/Benchmarks/Reload/Fixtures/Source/source.c"
    return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  private static var root: String {
    #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
  }

  private static let counted = """
    #include <dovetail.h>
    #include <string.h>
    #define TEXT(literal) ((dvt_str){(const uint8_t *)(literal), sizeof(literal) - 1})
    #define HEADER(type) .struct_size = sizeof(type), .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR
    static uint64_t lanes[4][3]; /* last, lost, duplicated */
    static int32_t note(uint64_t lane, const dvt_event *event) {
      uint64_t data[3];
      memcpy(data, event->data.ptr, sizeof data);
      uint64_t *it = lanes[lane + data[0]];
      if (data[1] > it[0]) it[1] += data[1] - it[0] - 1, it[0] = data[1];
      else it[2]++;
      return DVT_OK;
    }
    static int32_t sync(void *c, const dvt_event *event, const dvt_error_sink *e) { return note(0, event); }
    static int32_t async(void *c, const dvt_event *event, const dvt_error_sink *e) { return note(2, event); }
    static int32_t report(void *c, const dvt_request *r, const dvt_sink *reply, const dvt_error_sink *e) {
      return reply->write(reply->context, (const uint8_t *)lanes, sizeof lanes);
    }
    static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
      const dvt_events *events = host->get_interface(host, TEXT(DVT_EVENTS_INTERFACE));
      const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
      dvt_subscription one = {HEADER(dvt_subscription), .pattern = TEXT("bench.tick"), .name = TEXT("sync")};
      dvt_subscription two = {HEADER(dvt_subscription), .pattern = TEXT("bench.tick"), .name = TEXT("async"),
                              .delivery = DVT_DELIVERY_ASYNC, .capacity = 4096, .block_ms = 10000};
      dvt_handle handle;
      int32_t code = events->subscribe(host, &one, sync, NULL, &handle, error);
      if (code == DVT_OK) code = events->subscribe(host, &two, async, NULL, &handle, error);
      if (code == DVT_OK) code = services->provide(host, TEXT("counted.report"), report, NULL, &handle, error);
    #ifdef FAIL_INIT
      return DVT_FAILED;
    #endif
      return code;
    }
    static int32_t save(void *instance, const dvt_sink *out, const dvt_error_sink *error) {
      return out->write(out->context, (const uint8_t *)lanes, sizeof lanes);
    }
    static int32_t restore(void *instance, const dvt_state *state, const dvt_error_sink *error) {
      memcpy(lanes, state->data.ptr, sizeof lanes);
    #ifdef FAIL_RESTORE
      return DVT_FAILED;
    #endif
      return DVT_OK;
    }
    static int32_t post_init(void *instance, const dvt_error_sink *error) {
    #ifdef FAIL_POST_INIT
      return DVT_FAILED;
    #endif
      return DVT_OK;
    }
    static int32_t cleanup(void *instance, const dvt_error_sink *error) { return DVT_OK; }
    const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
      static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .post_init = post_init, .save_state = save,
                                        .restore_state = restore, .cleanup = cleanup};
      return &plugin;
    }
    """
}
