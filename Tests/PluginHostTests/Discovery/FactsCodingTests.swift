import Testing

@testable import PluginHost

@Suite("The facts of an image in the registry cache")
struct FactsCodingTests {
  private var facts: ImageFacts {
    var facts = ImageFacts()
    facts.traits = [.exportsEntry, .constructors]
    facts.machine = 62
    facts.soname = "lib\u{e9}.so"
    facts.needed = ["libc.so.6", ""]
    facts.runpath = ["$ORIGIN"]
    facts.buildID = nil
    facts.lingeringImports = ["signal"]
    facts.otherExports.sample = ["a", "b"]
    facts.otherExports.count = 7
    return facts
  }

  @Test("come back as they went in")
  func roundTrip() {
    #expect(FactsCoding.decode(FactsCoding.encode(facts)[...]) == facts)
    #expect(FactsCoding.decode(FactsCoding.encode(ImageFacts())[...]) == ImageFacts())
  }

  @Test("are empty where bytes are missing, and never crash the reader")
  func damaged() {
    let bytes = FactsCoding.encode(facts)
    for length in 0..<bytes.count {
      let decoded = FactsCoding.decode(bytes[..<length])
      #expect(decoded.needed.count <= 2)
    }
    var random = SeededNumbers(seed: 1)
    for _ in 0..<2_000 {
      let noise = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = FactsCoding.decode(noise[...])
    }
  }
}
