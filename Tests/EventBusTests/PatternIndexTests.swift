import Testing

@testable import EventBus

@Suite("an index of subscriptions")
struct PatternIndexTests {
  @Test("finds for every topic what holding all of them against it finds, as they come and go")
  func sameAsAll() throws {
    let fixture = Fixture()
    let owner = Owner(name: "plugin", generation: 1)
    var random = SystemRandomNumberGenerator()
    let words = ["a", "bc", "order", "paid", "orders", "x-1", "torrent"]
    func word() -> String { words.randomElement(using: &random) ?? "a" }
    func pattern() throws -> TopicPattern {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: try TopicPattern("\(word()).\(word())")
      case 1: try TopicPattern("\(word()).*")
      case 2: try TopicPattern("*.\(word())")
      case 3: try TopicPattern("\(word()).>")
      case 4: try TopicPattern(regex: "^\(word())\\.(\(word())|\(word()))")
      default:
        try TopicPattern(
          regex: ["\(word())$", "[.]\(word())", ".", "(\(word())|\(word()))+"].randomElement(
            using: &random) ?? ".")
      }
    }
    var index = PatternIndex()
    var all: [Subscription] = []
    for number in 0..<300 {
      if Int.random(in: 0..<4, using: &random) == 0, let gone = all.randomElement(using: &random) {
        all.removeAll { $0 === gone }
        index.remove(gone)
      }
      let options = SubscriptionOptions(pattern: try pattern(), name: "\(number)")
      let added = try unsafe fixture.bus.subscribe(
        owner, options, shadow: true, handler: Handler { _ in 0 })
      all.append(added)
      index.insert(added)
      let topic = (0..<Int.random(in: 1...3, using: &random)).map { _ in word() }.joined(
        separator: ".")
      let found = index.matching(topic).map(\.name).sorted()
      #expect(
        found == all.filter { $0.options.pattern.matches(topic) }.map(\.name).sorted(), "\(topic)")
    }
    for subscription in all { index.remove(subscription) }
    #expect(index.matching("order.paid").isEmpty)
  }

  @Test("an expression that is limited to other patterns matches only what they do")
  func limited() throws {
    let pattern = try TopicPattern(regex: "paid").limited(to: [TopicPattern("order.*")])
    #expect(pattern.matches("order.paid"))
    #expect(!pattern.matches("bill.paid"))
    #expect(
      pattern.nearMiss(of: "bill.paid")
        == "matches, but its plugin's permissions to subscribe do not")
    #expect(pattern.description == "paid")
  }
}
