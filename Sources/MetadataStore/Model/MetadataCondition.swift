/// Something that must be true of one record for a transaction's writes to happen.
public struct MetadataCondition: Sendable, Equatable {
  /// How two numbers or values must stand to each other.
  public enum Relation: String, Sendable, CaseIterable {
    /// Equal.
    case equal = "="
    /// Different.
    case unequal = "!="
    /// Less.
    case less = "<"
    /// Less or equal.
    case atMost = "<="
    /// Greater.
    case greater = ">"
    /// Greater or equal.
    case atLeast = ">="

    func holds(_ order: Int) -> Bool {
      switch self {
      case .equal: order == 0
      case .unequal: order != 0
      case .less: order < 0
      case .atMost: order <= 0
      case .greater: order > 0
      case .atLeast: order >= 0
      }
    }
  }

  /// What is looked at.
  public enum Subject: Sendable, Equatable {
    /// Whether there is such a record.
    case exists(Bool)
    /// Its version; 0 when there is no such record.
    case version(Relation, UInt64)
    /// The revision that changed it last; 0 when there is no such record.
    case modified(Relation, UInt64)
    /// A field of its value; does not hold when there is no such record or field.
    case field(FieldPath, Relation, MetadataValue)
  }

  /// The collection's name.
  public let collection: String
  /// The record's key.
  public let key: String
  /// What must be true of it.
  public let subject: Subject

  /// Makes a condition.
  public init(_ collection: String, _ key: String, _ subject: Subject) {
    self.collection = collection
    self.key = key
    self.subject = subject
  }

  /// Whether it is true of the record that is there.
  func holds(_ record: MetadataRecord?) -> Bool {
    switch subject {
    case .exists(let exists): (record != nil) == exists
    case .version(let relation, let version):
      relation.holds(Self.order(record?.version ?? 0, version))
    case .modified(let relation, let revision):
      relation.holds(Self.order(record?.modified ?? 0, revision))
    case .field(let path, let relation, let value):
      record?.withView { view in
        view.field(path).map { field in
          PackedValue(value).withView { relation.holds(ValueOrder.compare(field, $0)) }
        }
      } ?? false
    }
  }

  private static func order(_ left: UInt64, _ right: UInt64) -> Int {
    left < right ? -1 : left > right ? 1 : 0
  }
}
