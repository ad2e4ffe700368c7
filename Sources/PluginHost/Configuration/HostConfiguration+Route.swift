import EventBus
import HostSupport

extension HostConfiguration {
  /// A rule that takes events of some topics to another: `{from: "order.*", to: "audit.orders", mode: "copy"}`.
  public struct Route: Sendable, Equatable {
    /// What an event must meet: `{field: "subject", test: "prefix", value: "eu-"}`.
    public struct Condition: Sendable, Equatable {
      /// A field of an event, as in a subscription's filter.
      public var field: String
      /// `equal`, `notEqual`, `prefix`, `suffix`, `contains`, `exists`, `less` or `greater`.
      public var test: String
      /// What it is compared with.
      public var value: String
    }

    /// A pattern of topics.
    public var from: String
    /// What an event must meet; all of them.
    public var filter: [Condition]
    /// A topic.
    public var to: String
    /// `copy`, or `move`: then the handlers of the topic itself do not receive the event.
    public var mode: String

    /// Describes a rule.
    public init(from: String, filter: [Condition] = [], to: String, mode: String = "copy") {
      self.from = from
      self.filter = filter
      self.to = to
      self.mode = mode
    }

    /// Reads a rule.
    ///
    /// - Throws: `BusError.invalid` with what is wrong with it.
    init(_ json: JSON) throws(BusError) {
      let members = try Self.members(
        of: json, of: ["from", "filter", "to", "mode"], required: ["from", "to"], "a route")
      filter = []
      for condition in members["filter"]?.array ?? [] { filter.append(try Condition(condition)) }
      from = members["from"]?.string ?? ""
      to = members["to"]?.string ?? ""
      mode = members["mode"].map { $0.string ?? $0.text() } ?? "copy"
      _ = try rule()
    }

    fileprivate static func members(
      of json: JSON, of known: [String], required: [String], _ what: String
    ) throws(BusError) -> [String: JSON] {
      guard case .object(let members) = json else {
        throw .invalid(
          "\(what) is an object with \(known.joined(separator: ", ")), not \(json.kindName)")
      }
      for name in members.keys.sorted() where !known.contains(name) {
        throw .invalid("\(what) has no member \"\(name)\"\(Spelling.hint(for: name, in: known))")
      }
      for name in required where members[name]?.string == nil {
        throw .invalid("\(what) needs a string \"\(name)\"")
      }
      if let filter = members["filter"], filter.array == nil {
        throw .invalid("\"filter\" is an array of objects, not \(filter.kindName)")
      }
      return members
    }

    /// The rule as the bus takes it.
    func rule() throws(BusError) -> EventRoute.Rule {
      guard let mode = EventRoute.Mode(rawValue: mode) else {
        throw .invalid("\"mode\" is \"copy\" or \"move\", not \"\(mode)\"")
      }
      var conditions: [EventCondition] = []
      for condition in filter { conditions.append(try condition.parsed()) }
      return try EventRoute.Rule(
        from: TopicPattern(from), conditions: conditions, to: to, mode: mode)
    }
  }
}

extension HostConfiguration.Route.Condition {
  /// Reads a condition.
  ///
  /// - Throws: `BusError.invalid` with what is wrong with it.
  init(_ json: JSON) throws(BusError) {
    let members = try HostConfiguration.Route.members(
      of: json, of: ["field", "test", "value"], required: ["field", "test"], "a filter")
    field = members["field"]?.string ?? ""
    test = members["test"]?.string ?? ""
    value = members["value"].map { $0.string ?? $0.text() } ?? ""
  }

  /// The condition as the bus takes it.
  func parsed() throws(BusError) -> EventCondition {
    let names = EventCondition.Test.allCases.map { "\($0)" }
    guard let test = EventCondition.Test.allCases.first(where: { "\($0)" == self.test }) else {
      throw .invalid(
        "\"test\" is one of \(names.joined(separator: ", ")), not \"\(self.test)\"\(Spelling.hint(for: self.test, in: names))"
      )
    }
    return EventCondition(try EventField(field), test, value)
  }
}
