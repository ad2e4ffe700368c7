import PluginSDK
import PluginTestKit
import TestSupport
import Testing

@Suite(.serialized) struct HelloTests {
  /// A greeting plugin, how to build it into `$OUT`, and the language that it says it is written in.
  struct Hello: Sendable, CustomTestStringConvertible {
    let id: String
    let language: String
    let build: String
    var testDescription: String { id }
  }

  static let cFlags =
    "-I '\(Tool.root)/PluginSDK/CDovetail/include' -fPIC -shared -Wall -Wextra -Werror -Wno-c23-extensions"
  static let all = [
    Hello(
      id: "hello-c", language: "C",
      build: "clang -std=c23 \(cFlags) Plugins/HelloC/hello.c -o \"$OUT/libhello-c.so\""),
    Hello(
      id: "hello-cpp", language: "C++",
      build: "clang++ -std=c++17 \(cFlags) Plugins/HelloCpp/hello.cpp -o \"$OUT/libhello-cpp.so\""),
    Hello(id: "hello-rust", language: "Rust", build: "Plugins/HelloRust/build.sh \"$OUT\""),
  ]

  @Test(arguments: all)
  func `A greeting plugin answers events and calls`(hello: Hello) throws {
    let folder = TemporaryDirectory()
    let built = try Tool.shell("cd '\(Tool.root)' && OUT='\(folder.path)' && \(hello.build)")
    guard !built.output.contains("skipped") else { return }
    #expect(built.output == "")
    let host = try TestHost()
    let plugin = try host.load(folder.file("lib\(hello.id).so"), id: hello.id)
    var ask = Event(data: Array("Zoë".utf8))
    ask.id = "question-1"
    try host.context.topic("hello.ask").publish(ask)
    let said = try #require(host.events.last)
    #expect(said.type == "hello.said")
    #expect(said.subject == "question-1")
    #expect(said.contentType == "text/plain")
    let greeting = "Hello, Zoë, says \(hello.language)"
    #expect(String(decoding: said.data, as: UTF8.self) == greeting)
    let reply = try host.context.call("\(hello.id).greet", Array("Zoë".utf8))
    #expect(String(decoding: reply, as: UTF8.self) == greeting)
    #expect(plugin.metrics() == ["greeted_total": 2])
    let error = #expect(throws: PluginError.self) { try host.context.call("\(hello.id).greet", []) }
    #expect(error?.code == .invalid)
    #expect(error?.message.contains("name") == true)
    try host.context.topic("hello.ask").publish(Event(data: []))
    #expect(host.failures.map(\.code) == [.invalid])
    try plugin.stop()
    #expect(throws: PluginError.self) { try host.context.call("\(hello.id).greet", [65]) }
  }

  @Test(arguments: [("{}", 1_000), (#"{"interval": 20}"#, 20)])
  func `Heartbeat beats at the interval of its settings`(settings: String, interval: Int) throws {
    let host = try TestHost(settings: settings)
    let plugin = try host.load(Built.shared.heartbeat(), id: "heartbeat")
    host.advance(milliseconds: interval - 1)
    #expect(host.events.isEmpty)
    host.advance(milliseconds: 2 * interval + 1)
    #expect(host.events.map(\.type) == Array(repeating: "heartbeat.beat", count: 3))
    #expect(host.events.map { String(decoding: $0.data, as: UTF8.self) } == ["1", "2", "3"])
    #expect(plugin.metrics() == ["beats_total": 3])
    try plugin.health()
    try plugin.stop()
    host.advance(milliseconds: 10 * interval)
    #expect(host.events.count == 3)
  }
}
