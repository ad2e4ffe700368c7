public import HostSupport

/// How a query is run, and when it was, with what was really done.
public struct QueryPlan: Sendable, Equatable {
  /// Where the records come from.
  public enum Access: Sendable, Equatable {
    /// Every record of the collection.
    case all
    /// Records by ranges of their keys.
    case keys
    /// Records by ranges of an index.
    case index(IndexDefinition)
    /// Records that the provider found by words.
    case search
  }

  /// How the order comes about.
  public enum Ordering: Sendable, Equatable {
    /// The records come in order, and reading ends with the last one wanted.
    case byAccess
    /// Everything found is sorted.
    case bySorting
  }

  /// The collection's name.
  public let collection: String
  /// Where the records come from.
  public let access: Access
  /// Conditions that the access alone answers.
  public let answered: [QueryCondition]
  /// Conditions that every record read is tested for.
  public let residual: [QueryCondition]
  /// How the order comes about.
  public let ordering: Ordering
  /// Whether the access is read backwards.
  public let isReversed: Bool
  /// About how many records the access comes to.
  public let estimated: Int
  /// How many records were read; `nil` when the query was not run.
  public internal(set) var examined: Int?
  /// How many records or groups were returned; `nil` when the query was not run.
  public internal(set) var returned: Int?

  /// The plan in some lines of text.
  public var description: String {
    var lines = ["\(accessText) of \(collection)\(isReversed ? ", backwards" : "")"]
    if !answered.isEmpty { lines[0] += ": \(Self.text(answered))" }
    if !residual.isEmpty { lines.append("tested: \(Self.text(residual))") }
    lines.append(ordering == .byAccess ? "order: as read" : "order: sorted")
    var figures = "records: about \(estimated) expected"
    if let examined, let returned { figures += ", \(examined) read, \(returned) returned" }
    lines.append(figures)
    return lines.joined(separator: "\n")
  }

  private var accessText: String {
    switch access {
    case .all: "all records"
    case .keys: "keys"
    case .index(let definition): "\(definition.kind) index on \(definition.path)"
    case .search: "full-text search"
    }
  }

  private static func text(_ conditions: [QueryCondition]) -> String {
    conditions.count == 1 ? conditions[0].description : QueryCondition.and(conditions).description
  }

  /// The plan as a JSON object.
  public var json: JSON {
    var members: [String: JSON] = [
      "collection": .string(collection), "estimated": .int(Int64(estimated)),
      "order": .string(ordering == .byAccess ? "as-read" : "sorted"),
      "reversed": .bool(isReversed),
      "answered": .array(answered.map { .string($0.description) }),
      "tested": .array(residual.map { .string($0.description) }),
    ]
    switch access {
    case .all: members["access"] = .string("all")
    case .keys: members["access"] = .string("keys")
    case .search: members["access"] = .string("search")
    case .index(let definition):
      members["access"] = .string("index")
      members["index"] = definition.json
    }
    if let examined { members["examined"] = .int(Int64(examined)) }
    if let returned { members["returned"] = .int(Int64(returned)) }
    return .object(members)
  }
}

extension QueryPlan: CustomStringConvertible {}
