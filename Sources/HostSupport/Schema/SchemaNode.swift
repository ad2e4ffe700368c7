/// One level of a schema, its keywords read. Other levels are known by their numbers.
final class SchemaNode: Sendable {
  /// Kinds of values.
  struct Kinds: OptionSet {
    let rawValue: UInt8

    static let object = Kinds(rawValue: 1)
    static let array = Kinds(rawValue: 2)
    static let string = Kinds(rawValue: 4)
    static let number = Kinds(rawValue: 8)
    static let integer = Kinds(rawValue: 16)
    static let boolean = Kinds(rawValue: 32)
    static let null = Kinds(rawValue: 64)

    /// The kinds by their names in a schema, and as a person calls them.
    static let all: [(name: String, kind: Kinds, phrase: String)] = [
      ("object", .object, "an object"), ("array", .array, "an array"),
      ("string", .string, "a string"), ("integer", .integer, "a whole number"),
      ("number", .number, "a number"), ("boolean", .boolean, "true or false"),
      ("null", .null, "null"),
    ]

    /// Every kind of the set: `a string or null`.
    var phrase: String {
      Self.all.filter { contains($0.kind) }.map(\.phrase).joined(separator: " or ")
    }
  }

  /// What an object's member is held against.
  struct Member {
    let name: [UInt8]
    /// The number of its schema.
    let node: Int?
    /// Its bit among the required ones; 0 when it is none of them.
    let bit: UInt64
  }

  /// What is allowed of members that have no schema of their own.
  enum Others {
    case any
    case none
    case node(Int)
  }

  /// What a schema says.
  struct Rules {
    /// `nil` for every kind.
    var kinds: Kinds?
    /// What `enum` and `const` leave.
    var choices: [JSON]?
    var members: [Member] = []
    var others = Others.any
    var required: [String] = []
    var items: Int?
    var leastItems: Int?
    var mostItems: Int?
    var shortest: Int?
    var longest: Int?
    var pattern: PosixPattern?
    var bounds: [Bound] = []
    /// `$ref` and `allOf`.
    var all: [Int] = []
    var any: [Int] = []
    var one: [Int] = []
  }

  let rules: Rules

  init(_ rules: Rules) { self.rules = rules }

  /// The schemas that are held against the same value.
  var beside: [Int] { rules.all + rules.any + rules.one }

  /// A bound of a number.
  struct Bound {
    let keyword: Keyword
    let limit: JSON

    enum Keyword: String, CaseIterable {
      case minimum, maximum, exclusiveMinimum, exclusiveMaximum

      var phrase: String {
        switch self {
        case .minimum: "at least"
        case .maximum: "at most"
        case .exclusiveMinimum: "more than"
        case .exclusiveMaximum: "less than"
        }
      }
    }

    func holds(for number: JSON) -> Bool {
      if let left = number.int, let right = limit.int { return holds(left, right) }
      guard let left = number.double, let right = limit.double else { return true }
      return holds(left, right)
    }

    private func holds<Number: Comparable>(_ number: Number, _ limit: Number) -> Bool {
      switch keyword {
      case .minimum: number >= limit
      case .maximum: number <= limit
      case .exclusiveMinimum: number > limit
      case .exclusiveMaximum: number < limit
      }
    }
  }
}

extension JSON {
  /// Equality in which `1` and `1.0` are the same number, at every depth.
  func equalsByNumber(_ other: JSON) -> Bool {
    switch (self, other) {
    case (.int(let left), .int(let right)): left == right
    case (.int, .double), (.double, .int), (.double, .double): double == other.double
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.equalsByNumber($1) }
    case (.object(let left), .object(let right)):
      left.count == right.count
        && left.allSatisfy { name, value in
          right[name].map { value.equalsByNumber($0) } ?? false
        }
    default: self == other
    }
  }
}
