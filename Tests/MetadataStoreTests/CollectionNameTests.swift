import Testing

@testable import MetadataStore

@Suite("The names of collections")
struct CollectionNameTests {
  @Test("are forgotten when nobody has them, and are one object as long as somebody has it")
  func forgetting() {
    let kept = CollectionName.of("names.kept")
    weak let dropped = CollectionName.of("names.dropped")
    // The table looks through its names each time it has doubled; other tests add to it too.
    for index in 0..<20_000 { _ = CollectionName.of("names.\(index)") }
    #expect(CollectionName.of("names.kept") === kept)
    #expect(dropped == nil)
  }
}
