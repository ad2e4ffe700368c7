import TestSupport
import Testing

@Suite("Templates, in a real host", .serialized)
struct TemplateTests {
  @Test(
    "a plugin made from the template starts in a host and answers",
    arguments: ["c", "cpp", "embedded-swift", "rust", "swift"])
  func template(_ name: String) throws {
    let folder = TemporaryDirectory()
    let plugins = folder.file("plugins")
    let built = Program.run(
      ["\(Program.repositoryRoot)/PluginSDK/Templates/build.sh", name, plugins])
    if built.status == 3 {
      print("skipped: no compiler for the template \(name) on this machine")
      return
    }
    try #require(built.status == 0, "\(built.output)")
    let run = Program.run([
      "\(Program.buildFolder)/embedding-example", plugins, folder.file("state"), "my-plugin.ping",
      #"{"text":"hello"}"#, "my-plugin.pong",
    ])
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains("my-plugin 0.1.0 is active"), "\(run.output)")
    #expect(run.output.contains("hello"), "\(run.output)")
  }
}
