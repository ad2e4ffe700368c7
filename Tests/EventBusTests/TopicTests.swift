import Testing

@testable import EventBus

@Suite struct TopicTests {
  @Test(
    "a topic is segments of letters, digits, _ and -, joined by dots",
    arguments: [
      ("a", nil),
      ("phase.started", nil),
      ("A-1_b.2", nil),
      (String(repeating: "x", count: 255), nil),
      ("", "a topic must not be empty"),
      (".a", "topic '.a' has an empty segment"),
      ("a.", "topic 'a.' has an empty segment"),
      ("a..b", "topic 'a..b' has an empty segment"),
      ("a b", "topic 'a b' has a character other than letters, digits, '_', '-' and '.'"),
      ("a.*", "topic 'a.*' has a character other than letters, digits, '_', '-' and '.'"),
      ("ä", "topic 'ä' has a character other than letters, digits, '_', '-' and '.'"),
      (String(repeating: "x", count: 256), "a topic has at most 255 bytes, this one 256"),
    ] as [(String, String?)])
  func name(text: String, problem: String?) {
    #expect(TopicName.problem(in: text) == problem)
  }

  @Test(
    "a pattern matches by segment",
    arguments: [
      ("phase.started", "phase.started", true),
      ("phase.started", "phase.ended", false),
      ("phase.started", "phase.started.now", false),
      ("phase.*", "phase.started", true),
      ("phase.*", "phase", false),
      ("phase.*", "phase.a.b", false),
      ("*.started", "phase.started", true),
      ("*.started", "started", false),
      ("*", "phase", true),
      ("*", "phase.started", false),
      (">", "phase", true),
      (">", "phase.a.b.c", true),
      ("torrent.>", "torrent.a", true),
      ("torrent.>", "torrent.a.b", true),
      ("torrent.>", "torrent", false),
      ("*.x.>", "a.x.b", true),
      ("*.x.>", "a.y.b", false),
      ("phase", "phases", false),
    ])
  func matching(pattern: String, topic: String, matches: Bool) throws {
    #expect(try TopicPattern(pattern).matches(topic) == matches)
  }

  @Test(
    "a malformed pattern is refused with what to write instead",
    arguments: [
      (
        "",
        "pattern '': a topic must not be empty; write a topic, or use '*' for one whole segment "
          + "and '>' for all that follow"
      ),
      (
        "a..b",
        "pattern 'a..b': a topic must not be empty; write a topic, or use '*' for one whole "
          + "segment and '>' for all that follow"
      ),
      (
        "a.b*",
        "pattern 'a.b*': topic 'b*' has a character other than letters, digits, '_', '-' and "
          + "'.'; write a topic, or use '*' for one whole segment and '>' for all that follow"
      ),
      (">.a", "pattern '>.a': '>' must be the last segment"),
      (String(repeating: "*.", count: 127) + "**", nil),
      (String(repeating: "x.", count: 127) + "xx", "a pattern has at most 255 bytes"),
    ] as [(String, String?)])
  func malformed(text: String, message: String?) {
    let error = #expect(throws: BusError.self) { try TopicPattern(text) }
    if let message { #expect(error?.description == message) }
  }

  @Test(
    "a pattern without wildcards is exact",
    arguments: [("a.b", true), ("a.*", false), (">", false)])
  func exact(text: String, isExact: Bool) throws {
    #expect(try TopicPattern(text).isExact == isExact)
  }
}

@Suite struct RingBufferTests {
  @Test("what goes in comes out in order, across growth and the seam") func order() {
    var ring = RingBuffer<Int>()
    var expected = 0
    var next = 0
    for round in 0..<200 {
      for _ in 0..<(round % 7 + 1) {
        ring.append(next)
        next += 1
      }
      for _ in 0..<(round % 5) where !ring.isEmpty {
        #expect(ring.popFirst() == expected)
        expected += 1
      }
    }
    #expect(ring.count == next - expected)
    while let value = ring.popFirst() {
      #expect(value == expected)
      expected += 1
    }
    #expect(expected == next)
    #expect(ring.isEmpty)
  }

  @Test("an element put back is the next to come out") func prepending() {
    var ring = RingBuffer<Int>()
    for value in 1...16 { ring.append(value) }
    ring.prepend(0)
    ring.prepend(-1)
    #expect((0..<18).map { _ in ring.popFirst() } == (-1...16).map { Optional($0) })
    #expect(ring.popFirst() == nil)
  }

  @Test("an element that came out is let go") func releases() {
    final class Token {}
    var ring = RingBuffer<Token>()
    weak var token: Token?
    do {
      let made = Token()
      token = made
      ring.append(made)
    }
    #expect(token != nil)
    _ = ring.popFirst()
    #expect(token == nil)
  }

  @Test(
    "an expression matches anywhere in a topic",
    arguments: [
      ("phase", "phase.started", true), ("phase", "a.phases", true), ("^phase$", "phases", false),
      ("^order\\.(paid|sent)$", "order.paid", true),
      ("^order\\.(paid|sent)$", "order-paid", false),
      ("[0-9]{3}", "room.101", true), ("[0-9]{3}", "room.10", false),
    ])
  func expression(text: String, topic: String, matches: Bool) throws {
    let pattern = try TopicPattern(regex: text)
    #expect(pattern.matches(topic) == matches)
    #expect(!pattern.isExact)
    #expect(pattern.description == text)
  }

  @Test("only the permission for everything, or the same expression, covers one")
  func coversExpression() throws {
    let pattern = try TopicPattern(regex: "a.b")
    #expect(try TopicPattern(">").covers(pattern))
    #expect(pattern.covers(try TopicPattern(regex: "a.b")))
    #expect(try !TopicPattern("a.b").covers(pattern))
    #expect(try !TopicPattern("*").covers(pattern))
    #expect(try !pattern.covers(TopicPattern("a.b")))
    #expect(try pattern != TopicPattern("a.b"))
  }

  @Test(
    "an expression that is none, or could take hours, is refused",
    arguments: [
      ("(", "is no extended regular expression"), ("(a)\\1", "has a back-reference"),
      ("a{300}", "has a repeat counted beyond 255"),
    ])
  func refused(text: String, reason: String) {
    let error = #expect(throws: BusError.self) { try TopicPattern(regex: text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("a dot that stands for any character is noted")
  func note() throws {
    #expect(
      try TopicPattern(regex: "phase.started").note
        == "the dot in 'phase.started' stands for any character; write '\\.' for a dot")
    for text in ["phase\\.started", "[a.b]", "^.*$", "phase"] {
      #expect(try TopicPattern(regex: text).note == nil, "\(text)")
    }
    #expect(try TopicPattern("a.b").note == nil)
  }

  @Test("a pattern can leave topics out, and keep to some")
  func excluding() throws {
    let pattern = try TopicPattern(">").limited(to: [TopicPattern("a.*"), TopicPattern("b")])
      .excluding([TopicPattern("a.x"), TopicPattern(regex: "secret")])
    let topics = ["a.b", "a.x", "a.secrets", "a.b.c", "b", "c"]
    #expect(topics.filter(pattern.matches) == ["a.b", "b"])
  }
}
