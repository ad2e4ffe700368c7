import FoundationEssentials
import PluginSDK
import PluginTestKit
import Testing
import TypedRecords

@Suite struct TypedRecordTests {
  enum Size: String, Codable { case small, large }

  struct Line: Codable, Equatable {
    var item: String
    var count: Int
    var price: Double?
  }

  struct Order: Codable, Equatable {
    var number: Int64
    var placed: Date
    var lines: [Line]
    var size = Size.small
    var seal: Data?
    var raw: [UInt8] = []
    var notes: [String: String] = [:]
    var flags: [Bool] = []
    var weight: UInt8 = 0
    var ratio: Float = 0.5
    var nested: [[Int]] = [[1], []]
    var choice: Choice?
  }

  enum Choice: Codable, Equatable {
    case none
    case gift(to: String, wrapped: Bool)
  }

  private static let order = Order(
    number: .max, placed: Date(timeIntervalSince1970: 1_700_000_000.123_456),
    lines: [Line(item: "tea", count: 3, price: 1.25), Line(item: "cup", count: 1)], size: .large,
    seal: Data([0, 255]), raw: [1, 2], notes: ["a": "b"], flags: [true, false], weight: 255,
    choice: .gift(to: "Ada", wrapped: true))

  @Test func `What is put comes back the same, in the store's own kinds`() throws {
    let typed = try TestHost().context.metadata.typed
    try typed.put("orders", "42", Self.order)
    #expect(try typed.get(Order.self, "orders", "42") == Self.order)
    #expect(try typed.get(Order.self, "orders", "43") == nil)
    let value = try #require(try typed.metadata.get("orders", "42")?.value)
    #expect(value["number"] == .int(.max))
    #expect(value["placed"] == .date(nanoseconds: 1_700_000_000_123_456_001))
    #expect(value["seal"] == .bytes([0, 255]))
    #expect(value["raw"] == .bytes([1, 2]))
    #expect(
      value["lines"] == [["item": "tea", "count": 3, "price": 1.25], ["item": "cup", "count": 1]])
    #expect(value["ratio"] == 0.5 && value["size"] == "large" && value["nested"] == [[1], []])
    #expect(value["choice"] == ["gift": ["to": "Ada", "wrapped": true]])
  }

  @Test func `Versions, lists and queries are typed too`() throws {
    let typed = try TestHost().context.metadata.typed
    for count in 1...3 { try typed.put("lines", "\(count)", Line(item: "tea", count: count)) }
    let second = try #require(try typed.record(Line.self, "lines", "2"))
    #expect(second.content.count == 2 && second.version == 1 && second.key == "2")
    let changed = try typed.put(
      "lines", "2", Line(item: "tea", count: 20), expect: .version(second.version))
    guard case .written = changed else { return #expect(Bool(false), "\(changed)") }
    let late = try typed.put("lines", "2", Line(item: "x", count: 0), expect: .version(1))
    guard case .conflict(let current?) = late else { return #expect(Bool(false), "\(late)") }
    #expect(try current.decoded(as: Line.self).count == 20)
    #expect(try typed.list(Line.self, "lines").map(\.content.count) == [1, 20, 3])
    let found = try typed.query(
      Line.self, "from lines where count > ? order by count", [2])
    #expect(found.map(\.count) == [3, 20])
    let error = #expect(throws: PluginError.self) {
      try typed.query(Line.self, "select item from lines")
    }
    #expect(error?.message == "a row of lines is no Line: count is missing")
  }

  @Test func `A field that does not fit is named by its path`() throws {
    let host = try TestHost()
    let metadata = host.context.metadata
    func error(_ value: Value) throws -> String? {
      try metadata.put("orders", "1", value)
      return #expect(throws: PluginError.self) {
        try metadata.typed.get(Bill.self, "orders", "1")
      }?.message
    }
    #expect(try error(1) == "orders/1 is no Bill: must be a map, not the integer 1")
    #expect(try error([:]) == "orders/1 is no Bill: lines is missing")
    #expect(
      try error(["lines": 1]) == "orders/1 is no Bill: lines must be a list, not the integer 1")
    #expect(
      try error(["lines": [["item": "tea", "count": 1], ["item": "x", "count": "3"]]])
        == "orders/1 is no Bill: lines[1].count must be an integer, not the string \"3\"")
    #expect(
      try error(["lines": [["item": "tea"]]]) == "orders/1 is no Bill: lines[0].count is missing")
    #expect(
      try error(["lines": [], "paid": 5])
        == "orders/1 is no Bill: paid must be a date, not the integer 5")
    #expect(
      try error(["lines": [], "copies": 300])
        == "orders/1 is no Bill: copies must be an integer of -128…127, not the integer 300")
    #expect(
      try error(["lines": [], "share": .int(9_007_199_254_740_993)])
        == "orders/1 is no Bill: share must be a number that a Double has exactly, not the integer 9007199254740993"
    )
    #expect(
      try error(["lines": [], "size": "huge"])?.hasPrefix("orders/1 is no Bill: size ") == true)
  }

  struct Bill: Codable {
    var lines: [Line]
    var paid: Date?
    var copies: Int8?
    var share: Double?
    var size: Size?
  }

  @Test func `What the store cannot have is refused by its path before it is written`() throws {
    let typed = try TestHost().context.metadata.typed
    func error(_ content: some Encodable) -> String? {
      #expect(throws: PluginError.self) { try typed.put("c", "k", content) }?.message
    }
    #expect(error(Double.nan) == "c/k cannot be kept: is nan")
    #expect(
      error(["a": [UInt64.max]])
        == "c/k cannot be kept: a[0] is 18446744073709551615, beyond an integer of 64 bits with sign"
    )
    #expect(
      error([Date(timeIntervalSince1970: 1e12)])
        == "c/k cannot be kept: [0] is a date beyond what the store has: 1677 to 2262")
    #expect(error([Float.infinity]) == "c/k cannot be kept: [0] is inf")
    #expect(try typed.metadata.list("c").isEmpty)
  }

  @Test func `Scalars, null, empty arrays and dates of all times are exact`() throws {
    func roundTrip<Content: Codable & Equatable>(_ content: Content) throws {
      let value = try Value.encoding(content)
      #expect(try value.decoded(as: Content.self) == content)
    }
    try roundTrip(Int64.min)
    try roundTrip(UInt64(Int64.max))
    try roundTrip([Int]())
    try roundTrip([String]())
    try roundTrip([UInt8]())
    try roundTrip(["x": nil, "y": 1] as [String: Int?])
    try roundTrip([nil, 1] as [Int?])
    try roundTrip([1: "a", 2: "b"])
    #expect(try Value.encoding([String]()) == .list([]))
    #expect(try Value.encoding([UInt8]()) == .bytes([]))
    #expect(try Value.encoding(Int?.none) == .null)
    for seconds in [
      0, -0.5, -9_000_000_000.25, 978_307_200, 9_000_000_000.75, 1_732_219_000.000_001,
    ] {
      try roundTrip(Date(timeIntervalSince1970: seconds))
    }
  }

  class Animal: Codable {
    var name = "Rex"
  }

  final class Dog: Animal {
    var tricks = ["sit"]
    private enum CodingKeys: String, CodingKey { case tricks }

    override init() { super.init() }

    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      tricks = try container.decode([String].self, forKey: .tricks)
      try super.init(from: try container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(tricks, forKey: .tricks)
      try super.encode(to: container.superEncoder())
    }
  }

  @Test func `Classes with a superclass are a map in a map`() throws {
    let value = try Value.encoding(Dog())
    #expect(value == ["tricks": ["sit"], "super": ["name": "Rex"]])
    let dog = try value.decoded(as: Dog.self)
    #expect(dog.name == "Rex" && dog.tricks == ["sit"])
  }
}
