/// Several writes that happen together or not at all, chosen by what is there.
public struct MetadataTransaction: Sendable, Equatable {
  /// The most writes one transaction may have.
  public static let maximumWrites = 65_536
  /// The most conditions one transaction may have.
  public static let maximumConditions = 1024

  /// What must be true, all of it, for `writes` to happen; none for always.
  public var conditions: [MetadataCondition]
  /// What happens when the conditions hold.
  public var writes: [MetadataWrite]
  /// What happens when one of them does not.
  public var otherwise: [MetadataWrite]

  /// Makes a transaction.
  ///
  /// - Parameters:
  ///   - conditions: What must be true for `writes`.
  ///   - writes: In order; each sees those before it.
  ///   - otherwise: What happens else; may be empty.
  public init(
    when conditions: [MetadataCondition] = [], _ writes: [MetadataWrite],
    otherwise: [MetadataWrite] = []
  ) {
    self.conditions = conditions
    self.writes = writes
    self.otherwise = otherwise
  }

  /// The strongest durability that any of its writes asks for.
  var durability: Durability {
    max(Self.durability(of: writes.span), Self.durability(of: otherwise.span))
  }

  // Writes are looked at where they lie: to copy one counts three references.
  private static func durability(of writes: Span<MetadataWrite>) -> Durability {
    var strongest = Durability.memory
    for place in writes.indices { strongest = max(strongest, writes[place].durability) }
    return strongest
  }

  private static func validate(_ writes: Span<MetadataWrite>) throws(MetadataError) {
    var former: String?
    for place in writes.indices {
      let collection = writes[place].collection
      if collection != former { try MetadataWrite.validate(collection: collection) }
      former = collection
      try MetadataWrite.validate(key: writes[place].key)
      if writes[place].isSuspect { try writes[place].validate() }
    }
  }

  func validate() throws(MetadataError) {
    let count = max(writes.count, otherwise.count)
    guard count > 0, count <= Self.maximumWrites else {
      throw .invalid("a transaction of \(count) writes; give 1…\(Self.maximumWrites)")
    }
    guard conditions.count <= Self.maximumConditions else {
      throw .invalid(
        "a transaction with \(conditions.count) conditions; give at most \(Self.maximumConditions)")
    }
    try Self.validate(writes.span)
    try Self.validate(otherwise.span)
  }
}
