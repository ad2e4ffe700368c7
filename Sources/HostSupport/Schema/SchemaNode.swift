/// One level of a schema, its keywords read. Other levels are known by their numbers.
package final class SchemaNode: Sendable {
  /// Kinds of values.
  package struct Kinds: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let object = Kinds(rawValue: 1)
    package static let array = Kinds(rawValue: 2)
    package static let string = Kinds(rawValue: 4)
    package static let number = Kinds(rawValue: 8)
    package static let integer = Kinds(rawValue: 16)
    package static let boolean = Kinds(rawValue: 32)
    package static let null = Kinds(rawValue: 64)
    package static let bytes = Kinds(rawValue: 128)
    package static let date = Kinds(rawValue: 256)

    /// The kinds by their names in a schema, and as a person calls them.
    static let json: [(name: String, kind: Kinds, phrase: String)] = [
      ("object", .object, "an object"), ("array", .array, "an array"),
      ("string", .string, "a string"), ("integer", .integer, "a whole number"),
      ("number", .number, "a number"), ("boolean", .boolean, "true or false"),
      ("null", .null, "null"),
    ]

    /// With those that only records have.
    package static let all = json + [("bytes", .bytes, "bytes"), ("date", .date, "a date")]

    /// Every kind of the set: `a string or null`.
    package var phrase: String {
      Self.all.filter { contains($0.kind) }.map(\.phrase).joined(separator: " or ")
    }
  }

  /// What an object's member is held against.
  package struct Member: Sendable {
    package let name: [UInt8]
    /// The number of its schema.
    package let node: Int?
    /// Its bit among the required ones; 0 when it is none of them.
    package let bit: UInt64
  }

  /// What is allowed of members that have no schema of their own.
  package enum Others: Sendable {
    case any
    case none
    case node(Int)
  }

  /// What a schema says.
  package struct Rules: Sendable {
    /// `nil` for every kind.
    package var kinds: Kinds?
    /// What `enum` and `const` leave.
    package var choices: [JSON]?
    /// What `default` says, where it counts.
    package var fallback: JSON?
    package var members: [Member] = []
    package var others = Others.any
    package var required: [String] = []
    package var items: Int?
    package var leastItems: Int?
    package var mostItems: Int?
    package var shortest: Int?
    package var longest: Int?
    package var pattern: PosixPattern?
    package var bounds: [Bound] = []
    /// `$ref` and `allOf`.
    package var all: [Int] = []
    package var any: [Int] = []
    package var one: [Int] = []
  }

  package let rules: Rules
  /// Where it stands in the schema, as a JSON pointer.
  package let place: String

  init(_ rules: Rules, at place: String) {
    self.rules = rules
    self.place = place
  }

  /// The schemas that are held against the same value.
  var beside: [Int] { rules.all + rules.any + rules.one }

  /// A bound of a number, or of a date where the limit is one.
  package struct Bound: Sendable {
    package let keyword: Keyword
    package let limit: JSON

    package enum Keyword: String, CaseIterable, Sendable {
      case minimum, maximum, exclusiveMinimum, exclusiveMaximum

      package var phrase: String {
        switch self {
        case .minimum: "at least"
        case .maximum: "at most"
        case .exclusiveMinimum: "more than"
        case .exclusiveMaximum: "less than"
        }
      }
    }

    package func holds(for number: JSON) -> Bool {
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
