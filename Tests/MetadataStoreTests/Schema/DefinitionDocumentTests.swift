import FoundationEssentials
import HostSupport
import Testing

@testable import MetadataStore

@Suite("The document of definitions")
struct DefinitionDocumentTests {
  private func section() throws -> String {
    var folder = #filePath
    for _ in 0..<4 { folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.endIndex)]) }
    let text = try String(contentsOfFile: folder + "/PluginSDK/METADATA.md", encoding: .utf8)
    let start = try #require(text.firstRange(of: "\n## Definitions\n"))
    return String(text[start.upperBound...])
  }

  @Test("has an example that is a definition, and names every member and every step")
  func example() throws {
    let section = try section()
    let start = try #require(section.firstRange(of: "```json\n"))
    let rest = section[start.upperBound...]
    let end = try #require(rest.firstRange(of: "\n```"))
    let json = try JSON(parsing: String(rest[..<end.lowerBound]).utf8)
    let definition = try CollectionDefinition(collection: "accounts", json: json)
    #expect(definition.json.object?.keys.sorted() == DefinitionReader.members.sorted())
    #expect(definition.migrations[0].steps.count == 4)
    for name in DefinitionReader.members where name != "description" {
      #expect(section.contains("| `\(name)` |"), "\(name)")
    }
    for name in ["rename", "set", "remove", "convert"] {
      #expect(section.contains("| `\(name)` |"), "\(name)")
    }
    for target in MigrationStep.Target.allCases {
      #expect(section.contains("`\(target.rawValue)`"), "\(target)")
    }
  }

  @Test("quotes a refusal as it is")
  func refusal() throws {
    let old = try SchemaText.definition(
      #"{"version":2,"schema":{"properties":{"n":{"type":"string"}}}}"#, of: "users")
    let new = try SchemaText.definition(
      #"{"version":3,"schema":{"properties":{"n":{"type":"integer"}}}}"#, of: "users")
    let section = try section().replacing("\n", with: " ")
    do throws(DefinitionChange.Refusal) {
      _ = try new.change(from: old, stored: [2])
      Issue.record("it is not compatible")
    } catch {
      #expect(section.contains(error.description), "\(error)")
    }
  }
}
