import HostSupport
import Testing

@testable import MetadataStore

@Suite("Schemas at random")
struct SchemaPropertyTests {
  @Test(
    "that are judged compatible are so: what fits the old one fits the new one, once filled",
    arguments: [1, 2, 3, 4] as [UInt64])
  func compatibleIsSo(seed: UInt64) throws {
    var generator = SchemaGenerator(random: SeededRandom(state: seed))
    var compatible = 0
    var filling = 0
    var held = 0
    for _ in 0..<800 {
      let text = generator.schema(2)
      guard let old = try? ValueSchema(text),
        let new = try? ValueSchema(generator.changed(text, 2))
      else { continue }
      var inclusion = SchemaInclusion(guarding: [])
      inclusion.compare(old: old, new: new)
      guard inclusion.found.isEmpty, old != new else { continue }
      compatible += 1
      if inclusion.needsFilling { filling += 1 }
      for _ in 0..<40 {
        let value = generator.value(3)
        guard old.fits(value) else { continue }
        held += 1
        let filled = inclusion.needsFilling ? try new.filling(value) ?? value : value
        #expect(
          new.fits(filled), "seed \(seed): \(old.json.text()) → \(new.json.text()): \(value)")
      }
    }
    // The generator reaches what it is to try.
    #expect(compatible > 100 && filling > 5 && held > 500, "\(compatible) \(filling) \(held)")
  }

  @Test("take what their defaults are filled into, and fill nothing in twice")
  func fillingIsStable() throws {
    var generator = SchemaGenerator(random: SeededRandom(state: 7))
    var filled = 0
    for _ in 0..<1_200 {
      guard let schema = try? ValueSchema(generator.schema(2)) else { continue }
      let value = generator.value(3)
      guard let once = try schema.filling(value) else { continue }
      filled += 1
      #expect(try schema.filling(once) == nil)
      if schema.fits(value) { #expect(schema.fits(once), "\(schema.json.text()): \(value)") }
    }
    #expect(filled > 10, "\(filled)")
  }

  @Test("find the same with words as without")
  func agreesWithItself() throws {
    var generator = SchemaGenerator(random: SeededRandom(state: 11))
    for _ in 0..<1_200 {
      guard let schema = try? ValueSchema(generator.schema(2)) else { continue }
      let value = generator.value(3)
      #expect(schema.fits(value) == schema.violations(in: value, atMost: 3).isEmpty)
    }
  }
}
