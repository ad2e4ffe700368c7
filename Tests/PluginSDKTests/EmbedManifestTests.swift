import FoundationEssentials
import TestSupport
import Testing

@Suite struct EmbedManifestTests {
  private func run(_ json: String, _ arguments: String = "--format c") throws -> (
    result: Tool.Result, source: String
  ) {
    let folder = TemporaryDirectory()
    try Data(json.utf8).write(to: URL(filePath: folder.file("plugin.json")))
    let result = try Tool.shell(
      "cd '\(folder.path)' && '\(Tool.products)/embed-manifest-tool' \(arguments) plugin.json out")
    let source = FileManager.default.contents(atPath: folder.file("out")) ?? Data()
    return (result, String(decoding: source, as: UTF8.self))
  }

  /// The JSON that an emitted array holds.
  private func embedded(_ source: String) -> String {
    let list = source.split(separator: "\n").last { $0.contains("= ") }?.split(separator: "=").last
    let numbers = (list ?? "").filter { $0.isNumber || $0 == "," }
    let bytes = numbers.split(separator: ",").compactMap { UInt8($0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `A manifest is minified and told its ABI`() throws {
    let (result, source) = try run(
      """
      { "id" : "a \\" b",\t"version": "1.0.0-rc.1",
        "big": 12345678901234567890, "list": [ 1, "x  y" ] }
      """)
    #expect(result.output == "")
    #expect(
      embedded(source)
        == #"{"id":"a \" b","version":"1.0.0-rc.1","big":12345678901234567890,"list":[1,"x  y"],"abi":"1.0"}"#
    )
    #expect(source.contains("section(\"dovetail_manifest\")"))
  }

  @Test func `A Swift manifest names the compiler`() throws {
    let (result, source) = try run(#"{"id":"a","version":"1.0.0"}"#, "--format swift")
    #expect(result.output == "")
    #expect(embedded(source).contains(#""toolchain":"swift "#))
    #expect(source.contains("let dovetailManifest: InlineArray<"))
  }

  static let faults: [(json: String, message: String)] = [
    (#"{"version":"1.0.0"}"#, "\"id\" is missing: a host needs \"id\" and \"version\""),
    (#"{"id":"a"}"#, "\"version\" is missing: a host needs \"id\" and \"version\""),
    (#"{"id":"","version":"1.0.0"}"#, "\"id\" is empty: name the plugin"),
    (#"{"id":1,"version":"1.0.0"}"#, "\"id\" is not a string"),
    (#"{"id":"a","version":"1"}"#, "\"version\" is \"1\": write three numbers, such as \"1.0.0\""),
    (
      #"{"id":"a","version":"1.0.0","abi":"2.0"}"#,
      "\"abi\" is 2.0, but this SDK speaks 1.0: remove the line"
    ),
    (
      #"{"id":"a","version":"1.0.0","toolchain":"x"}"#,
      "\"toolchain\" is written by the build: remove it from plugin.json"
    ),
    ("[]", "not a JSON object: a manifest is {\"id\": …, \"version\": …}"),
  ]

  @Test(arguments: faults)
  func `A manifest at fault is refused with the file and the reason`(
    json: String, message: String
  ) throws {
    let (result, source) = try run(json)
    #expect(result.status == 1)
    #expect(result.output == "error: plugin.json: \(message)\n")
    #expect(source.isEmpty)
  }

  @Test func `Text that is no JSON is refused with the place of the first error`() throws {
    let (result, _) = try run("{\n  \"id\": \"a\"\n  \"version\": \"1.0.0\"\n}")
    #expect(result.status == 1)
    #expect(
      result.output
        == "error: plugin.json: not valid JSON: line 3, column 3: expected \",\" or \"}\", found '\"'\n"
    )
  }

  @Test func `More than a host reads is refused`() throws {
    let text = String(repeating: "x", count: 65_536)
    let (result, _) = try run(#"{"id":"a","version":"1.0.0","description":"\#(text)"}"#)
    #expect(
      result.output == "error: plugin.json: 65593 bytes are more than the 65536 a host reads\n")
  }

  @Test func `Wrong arguments show the usage`() throws {
    let (result, _) = try run("{}", "--format pascal")
    #expect(result.status == 2)
    #expect(result.output.hasPrefix("usage: embed-manifest-tool "))
  }
}
