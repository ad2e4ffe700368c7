import HostSupport
import Testing

@testable import MetadataStore

@Suite("Definitions at random")
struct DefinitionPropertyTests {
  @Test("are read back as they are printed, or refused; whatever the document")
  func documents() throws {
    let whole = try JSON(
      parsing: """
        {"version":5,"description":"d","schema":{"properties":{"a":{"type":"string","default":"x"}},
         "required":["a"]},"unique":["e",["c","n"]],"references":{"o":"owners"},
         "indexes":[{"field":"a.b"},{"tags":"t"}],"ttl":5,"history":{"count":2,"age":9},
         "quota":{"records":1},"migrations":[{"from":1,"steps":[{"rename":{"from":"m","to":"e"}},
         {"set":{"field":"b","value":{"$date":5}}},{"remove":"f"},
         {"convert":{"field":"n","to":"integer"}}]}]}
        """.utf8)
    var generator = SchemaGenerator(random: SeededRandom(state: 21))
    var taken = 0
    for _ in 0..<1_500 {
      var document = whole
      for _ in 0..<generator.roll(1...2) { document = Self.mutated(document, &generator) }
      guard let read = try? CollectionDefinition(collection: "a", json: document) else { continue }
      taken += 1
      #expect(try CollectionDefinition(collection: "a", json: read.json) == read)
      #expect(try CollectionDefinition(collection: "a", value: read.value) == read)
    }
    #expect((100...1_450).contains(taken), "\(taken)")
  }

  /// A document with one part of it, at any depth, changed, taken away or put elsewhere.
  private static func mutated(_ json: JSON, _ generator: inout SchemaGenerator) -> JSON {
    switch json {
    case .object(var members) where !members.isEmpty && !generator.chance(8):
      let name = members.keys.sorted()[generator.roll(0...(members.count - 1))]
      switch generator.roll(0...5) {
      case 0: members[name] = nil
      case 1: members[name + "x"] = members[name]
      default: members[name] = members[name].map { mutated($0, &generator) }
      }
      return .object(members)
    case .array(var elements) where !elements.isEmpty && !generator.chance(8):
      let place = generator.roll(0...(elements.count - 1))
      switch generator.roll(0...5) {
      case 0: elements.remove(at: place)
      case 1: elements.append(elements[place])
      default: elements[place] = mutated(elements[place], &generator)
      }
      return .array(elements)
    case .int(let number): return .int(number &+ Int64(generator.roll(-6...6)))
    default: return generator.json(1)
    }
  }

  @Test(
    "leave a store whose records fit, whatever is defined and written",
    arguments: [1, 2, 3] as [UInt64])
  func stores(seed: UInt64) throws {
    var generator = SchemaGenerator(random: SeededRandom(state: seed &+ 100))
    var defined = 0
    var written = 0
    for _ in 0..<25 {
      let store = try MetadataStore()
      var schema = generator.schema(2)
      for version in 1...6 {
        var document: [String: JSON] = ["version": .int(Int64(version)), "schema": schema]
        if generator.chance(3) { document["unique"] = .array([.string("p")]) }
        if generator.chance(2) {
          document["migrations"] = .array([
            .object([
              "from": .int(Int64(generator.roll(0...(version - 1)))), "steps": steps(&generator),
            ])
          ])
        }
        if let definition = try? CollectionDefinition(collection: "a", json: .object(document)),
          (try? store.define(definition)) != nil
        {
          defined += 1
        }
        for _ in 0..<8 {
          let put = MetadataWrite(
            collection: "a", key: "\(generator.roll(0...5))", value: generator.value(3),
            durability: .memory)
          if (try? store.put(put)) != nil { written += 1 }
        }
        if let present = store.definition(of: "a") {
          let report = present.report(on: store.snapshot, from: present)
          #expect(report.misfits == 0, "seed \(seed): \(present.json.text()): \(report.first)")
        }
        schema = generator.changed(schema, 2)
      }
    }
    #expect(defined > 25 && written > 200, "\(defined) \(written)")
  }

  private func steps(_ generator: inout SchemaGenerator) -> JSON {
    switch generator.roll(0...3) {
    case 0: .array([.object(["remove": .string("p")])])
    case 1: .array([.object(["rename": .object(["from": .string("p"), "to": .string("q")])])])
    case 2:
      .array([
        .object(["set": .object(["field": .string("q"), "value": generator.json(0)])])
      ])
    default: .array([])
    }
  }
}
